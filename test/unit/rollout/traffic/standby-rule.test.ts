import { expect } from "chai";
import type { RouteRule } from "../../../../kube/core/routes.ts";
import { drained } from "../../../../rollout/traffic/exposure.ts";
import { overlay, restoreRoute, written } from "../../../../rollout/traffic/overlay.ts";
import type { Home, RouteShare } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON } from "../../../support/builders.ts";

const SHOP: Home = { namespace: "shop", kind: "HTTPRoute" };
const share: RouteShare = {
  namespace: "shop",
  canaryServices: { web: "web-canary" },
  weight: 100,
  standby: true,
  since: AT_NOON,
};
const rule: RouteRule = {
  backendRefs: [
    { name: "web", port: 80 },
    { name: "other", port: 81 },
  ],
};

describe("the rule that keeps endpoints known", () => {
  it("comes last, gives a weight to both versions, and needs a header that no request has", () => {
    const [first, last, ...more] = overlay([rule], { uid: share }, SHOP);
    expect(more).to.deep.equal([]);
    expect(first?.backendRefs?.map(({ name }) => name)).to.deep.equal(["web", "other", "web-canary"]);
    expect(last?.backendRefs).to.deep.equal([
      { name: "web", port: 80, weight: 1 },
      { name: "web-canary", port: 80, weight: 1 },
    ]);
    expect(last?.matches).to.deep.equal([
      { headers: [{ type: "Exact", name: "serin-standby", value: "uid" }] },
    ]);
  });

  it("is not there unless the share asks for it", () => {
    const { standby: _standby, ...plain } = share;
    expect(overlay([rule], { uid: plain }, SHOP)).to.have.length(1);
  });

  it("names each port of a Service once, also for two rollouts, without the filters of a backend", () => {
    const filters = [{ type: "RequestHeaderModifier" }];
    const rules: RouteRule[] = [
      { backendRefs: [{ name: "web", port: 80, filters }] },
      {
        backendRefs: [
          { name: "web", port: 80, weight: 3 },
          { name: "web", port: 82 },
        ],
      },
      { backendRefs: [{ name: "api", namespace: "back", port: 80 }] },
    ];
    const other = { ...share, namespace: "back", canaryServices: { api: "api-canary" } };
    const last = overlay(rules, { uid: share, other }, SHOP).at(-1);
    expect(
      last?.backendRefs?.map(({ name, namespace = "shop", port }) => `${namespace}/${name}:${port}`),
    ).to.deep.equal([
      "shop/web:80",
      "shop/web-canary:80",
      "shop/web:82",
      "shop/web-canary:82",
      "back/api:80",
      "back/api-canary:80",
    ]);
  });

  it("stays away where it would break a limit of the API", () => {
    const rules = Array.from({ length: 16 }, () => rule);
    expect(overlay(rules, { uid: share }, SHOP)).to.have.length(16);
    expect(overlay(rules.slice(1), { uid: share }, SHOP)).to.have.length(16);
  });

  it("is recorded as Serin's own, and stays until the share goes", () => {
    const { rules, record } = written([rule], { uid: share }, SHOP, undefined);
    expect(record.added).to.deep.equal([1]);
    expect(restoreRoute(rules, record)).to.deep.equal([rule]);
    expect(overlay([rule], { uid: drained(share, AT_NOON) }, SHOP)).to.have.length(2);
  });
});
