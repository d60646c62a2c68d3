import { expect } from "chai";
import type { BackendRef } from "../../../../kube/core/routes.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { overlay, routePatch, servicesNamed } from "../../../../rollout/traffic/overlay.ts";
import {
  type Home,
  type RouteRecord,
  type RouteShare,
  shareOf,
} from "../../../../rollout/traffic/route-record.ts";
import { writeShares } from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, aRoute } from "../../../support/builders.ts";
import { applied } from "../../../support/routes.ts";

const SHOP: Home = { namespace: "shop", kind: "HTTPRoute" };
const share = (weight: number, service = "web"): RouteShare => ({
  namespace: "shop",
  canaryServices: { [service]: `${service}-canary` },
  weight: weight,
  since: AT_NOON,
});
const at = (weight: number) => ({ uid: share(weight) });
const refs = (backends: BackendRef[], shares: RouteRecord["shares"]) =>
  overlay([{ backendRefs: backends }], shares, SHOP)[0]?.backendRefs;
const inFlight = (weight: number, backends: BackendRef[]) => applied(aRoute({ backends }), at(weight));

describe("overlay", () => {
  const shares: [string, number, BackendRef[], BackendRef[]][] = [
    [
      "attaches at weight 0 without touching the ref",
      0,
      [{ name: "web" }],
      [{ name: "web" }, { name: "web-canary", weight: 0 }],
    ],
    [
      "splits in smallest numbers",
      10,
      [{ name: "web" }],
      [
        { name: "web", weight: 9 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "keeps fractions of percents exact",
      0.01,
      [{ name: "web" }],
      [
        { name: "web", weight: 9999 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "gives all at 100 %",
      100,
      [{ name: "web", weight: 7 }],
      [
        { name: "web", weight: 0 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "leaves the share of another Service",
      50,
      [{ name: "web" }, { name: "other", weight: 3 }],
      [
        { name: "web", weight: 1 },
        { name: "other", weight: 6 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "gives nothing of nothing",
      50,
      [
        { name: "web", weight: 0 },
        { name: "other", weight: 2 },
      ],
      [
        { name: "web", weight: 0 },
        { name: "other", weight: 1 },
        { name: "web-canary", weight: 0 },
      ],
    ],
    [
      "splits one Service at two ports twice",
      50,
      [
        { name: "web", port: 80 },
        { name: "web", port: 81 },
      ],
      [
        { name: "web", port: 80, weight: 1 },
        { name: "web", port: 81, weight: 1 },
        { name: "web-canary", port: 80, weight: 1 },
        { name: "web-canary", port: 81, weight: 1 },
      ],
    ],
    [
      "copies the ref's own filters and unknown fields to the canary Service",
      50,
      [{ name: "web", filters: [{ type: "X" }], future: 1 }],
      [
        { name: "web", filters: [{ type: "X" }], future: 1, weight: 1 },
        { name: "web-canary", filters: [{ type: "X" }], future: 1, weight: 1 },
      ],
    ],
  ];
  for (const [does, weight, backends, expected] of shares) {
    it(does, () => expect(refs(backends, at(weight))).to.deep.equal(expected));
  }

  const foreign: [string, BackendRef][] = [
    ["of another kind", { kind: "Bucket", name: "web" }],
    ["of another group", { group: "example.com", kind: "Service", name: "web" }],
    ["of another namespace", { name: "web", namespace: "elsewhere" }],
    ["of another name", { name: "other" }],
    ["named as what every object has", { name: "constructor" }],
  ];
  for (const [what, ref] of foreign) {
    it(`leaves alone a rule whose backend is ${what}`, () => {
      const rules = [{ backendRefs: [ref] }];
      expect(overlay(rules, at(50), SHOP)[0]).to.equal(rules[0]);
    });
  }

  it("follows a ref from another namespace", () => {
    const [rule] = overlay([{ backendRefs: [{ name: "web", namespace: "shop" }] }], at(50), {
      ...SHOP,
      namespace: "edge",
    });
    expect(rule?.backendRefs?.map(({ name, namespace }) => [name, namespace])).to.deep.equal([
      ["web", "shop"],
      ["web-canary", "shop"],
    ]);
  });

  it("changes no rule that only redirects, and keeps every other field of those it changes", () => {
    const redirect = { filters: [{ type: "RequestRedirect" }] };
    const named = {
      name: "r",
      matches: [{ path: { value: "/" } }],
      timeouts: { request: "1s" },
      future: [1],
    };
    const rules = overlay([redirect, { ...named, backendRefs: [{ name: "web" }] }], at(10), SHOP);
    expect(rules[0]).to.equal(redirect);
    expect(rules[1]).to.deep.include(named);
  });

  it("appends the canary Services of several rollouts in the order in which they began", () => {
    const shares = { late: share(0, "b"), early: share(50, "a") };
    expect(
      refs([{ name: "a" }, { name: "b" }], shares)?.map(({ name, weight }) => [name, weight]),
    ).to.deep.equal([
      ["a", 1],
      ["b", 2],
      ["b-canary", 0],
      ["a-canary", 1],
    ]);
  });

  it("finds the Services that the user's rules name, without canary Services", () => {
    const route = inFlight(10, [
      { name: "web" },
      { name: "x", namespace: "edge" },
      { name: "b", kind: "Bucket" },
    ]);
    expect([...servicesNamed(route, "shop")]).to.deep.equal(["web"]);
    expect([...servicesNamed(route, "edge")]).to.deep.equal(["x"]);
  });

  it("marks a route while something is in flight on it, and only then", () => {
    const route = inFlight(10, [{ name: "web" }]);
    expect(route.metadata.labels).to.deep.equal({ "serin.dev/flight": "uid" });
    expect(shareOf(route, "uid")).to.deep.equal(share(10));
    const patch = routePatch(route, {});
    expect(patch.metadata.labels).to.deep.equal({ "serin.dev/flight": null });
    expect(patch.metadata.annotations).to.deep.equal({ [HELD]: null });
    expect(writeShares(route, {})).to.deep.include({
      kind: "httproutes",
      body: { ...patch, metadata: { ...patch.metadata, resourceVersion: route.metadata.resourceVersion } },
    });
    expect(patch.spec.rules).to.deep.equal([{ backendRefs: [{ name: "web" }] }]);
  });
});
