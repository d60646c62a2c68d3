import { expect } from "chai";
import { filters, matches, mirrors } from "../../../conformance/routing.ts";
import { withCheckedRoute } from "../../support/checked-route.ts";

describe("the check of routing", () => {
  it("goes on after requests without an answer, and tells them", async () => {
    await withCheckedRoute(10, async (route, gateway) => {
      gateway.fault = "reset";
      const [ofMatches, ofMirrors, ofFilters] = [
        await matches(route),
        await mirrors(route),
        await filters(route),
      ];
      expect(ofMatches["header, exact"]).to.match(/^always got no answer \(.+\); always2 got no answer \(/);
      expect(ofMirrors["mirror, 20 %"]).to.match(
        /^\d+ of \d+ failed: no answer; the pod does not tell its requests \(no answer \(.+\)\)$/,
      );
      expect(ofFilters["filters of a backend"]).to.match(/^no answer \(.+\)$/);
    });
  });
});
