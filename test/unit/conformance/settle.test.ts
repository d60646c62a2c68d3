import { expect } from "chai";
import { settle } from "../../../conformance/changes.ts";
import { withCheckedRoute } from "../../support/checked-route.ts";

describe("how soon a gateway follows a change", () => {
  it("is measured also if it takes longer than the check waits", async () => {
    await withCheckedRoute(500, async (route, gateway) => {
      gateway.lagMs = 2_500;
      const { lastMs, changes } = await settle(route, 1);
      expect(changes).to.equal(2);
      expect(lastMs).to.be.within(1_400, 10_000);
    });
  });
});
