import { expect } from "chai";
import { settle } from "../../../conformance/changes.ts";
import { withCheckedRoute } from "../../support/checked-route.ts";

describe("how soon a gateway follows a change", () => {
  it("is measured also if it takes longer than the check waits", async () => {
    const holdMs = 500;
    await withCheckedRoute(holdMs, async (route, gateway) => {
      gateway.lagMs = 1_500;
      const { lastMs, changes } = await settle(route, 1);
      expect(changes).to.equal(2);
      expect(lastMs).to.be.within(holdMs + 1, 10_000);
    });
  });
});
