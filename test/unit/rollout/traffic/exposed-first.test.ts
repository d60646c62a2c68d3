import { expect } from "chai";
import { exposedFirst } from "../../../../rollout/traffic/exposed-first.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import type { RouteShare } from "../../../../rollout/traffic/route-record.ts";
import { aRoute } from "../../../support/builders.ts";
import { applied } from "../../../support/routes.ts";

const at = (minute: number) => `2026-01-01T12:0${minute}:00Z`;
const route = (name: string, share: Partial<RouteShare>, uid = "uid-web") =>
  leanRoute(
    applied(aRoute({ meta: { name } }), {
      [uid]: { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 0, since: at(0), ...share },
    }),
  );
const ordered = (...routes: readonly ReturnType<typeof leanRoute>[]) =>
  exposedFirst("uid-web", routes).map(({ metadata }) => metadata.name);

describe("the order of routes that are too long together", () => {
  it("begins with the largest weight, then come other ways to the canary, then the newest share", () => {
    const routes = [
      route("old", { since: at(1) }),
      route("new", { since: at(2) }),
      route("copied", { mirror: 10 }),
      route("matched", { match: [{ headers: [{ name: "x", value: "y" }] }], since: at(3) }),
      route("small", { weight: 10, since: at(4) }),
      route("large", { weight: 25 }),
    ];
    const expected = ["large", "small", "matched", "copied", "new", "old"];
    expect(ordered(...routes)).to.deep.equal(expected);
    expect(ordered(...routes.toReversed())).to.deep.equal(expected);
  });

  it("has no route without a share of this rollout", () => {
    expect(ordered(leanRoute(aRoute()), route("other", { weight: 50 }, "uid-other"))).to.deep.equal([]);
  });
});
