import { expect } from "chai";
import { attribution } from "../../../../../rollout/gateways/metrics/attribution.ts";
import { aBackend, canary, stable } from "./backends.ts";
import { packs } from "./packs.ts";

const { contour, kong } = packs;

describe("attribution", () => {
  const series = { envoy_cluster_name: "shop_web_80" };

  it("lets one owner have the same Service behind two routes", () => {
    const owner = attribution(contour, [
      [stable, "stable"],
      [aBackend({ route: "admin" }), "stable"],
    ]);
    expect(owner(series)).to.equal("stable");
  });

  it("gives a series that two owners could claim to neither, and the third changes nothing", () => {
    const claims = ["a", "b", "a", "b"].map((name) => [stable, name] as const);
    for (const count of [2, 3, 4]) {
      expect(attribution(contour, claims.slice(0, count))(series), `${count}`).to.equal(undefined);
    }
  });

  it("distinguishes versions with a Kong rule each, not those that share one", () => {
    const shared = { ...canary, refs: [{ rule: 0, backend: 1 }] };
    const rule = { service: "httproute.shop.web.0" };
    expect(
      attribution(kong, [
        [stable, "stable"],
        [shared, "canary"],
      ])(rule),
    ).to.equal(undefined);
    expect(
      attribution(kong, [
        [stable, "stable"],
        [canary, "canary"],
      ])(rule),
    ).to.equal("stable");
  });

  it("keeps versions apart whose owners are falsy", () => {
    expect(attribution(contour, [[stable, 0]])(series)).to.equal(0);
  });
});
