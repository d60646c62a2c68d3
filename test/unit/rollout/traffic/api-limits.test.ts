import { expect } from "chai";
import type { RouteRule } from "../../../../kube/core/routes.ts";
import { brokenLimit } from "../../../../rollout/traffic/api-limits.ts";

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const named = (count: number) => times(count, { name: "x", value: "1" });
const modifier = (fields: object) => ({ type: "RequestHeaderModifier", requestHeaderModifier: fields });

/** That these are the API server's own limits, test/stories/route-schema.test.ts shows. */
describe("limits of a route", () => {
  const broken: [what: string, rules: RouteRule[], said: string][] = [
    ["rules", times(17, {}), "the route would have 17 rules, and the Gateway API allows 16"],
    ["backends", [{}, { backendRefs: times(17, { name: "a" }) }], "rule 1 would have 17 backends, and"],
    [
      "matches of a rule",
      [{ matches: times(65, {}) }],
      "rule 0 would have 65 matches, and the Gateway API allows 64",
    ],
    [
      "matches in all",
      [{ matches: times(64, {}) }, { matches: times(64, {}) }, {}],
      "the route would have 129 matches in all, and the Gateway API allows 128",
    ],
    ["weight", [{ backendRefs: [{ name: "a", weight: 1_000_001 }] }], "1000001 as a backend's weight"],
    ["filters", [{ filters: times(17, {}) }], "17 filters in one list"],
    [
      "filters of a backend",
      [{ backendRefs: [{ name: "a", filters: times(17, {}) }] }],
      "17 filters in one list",
    ],
    ["headers", [{ matches: [{ headers: named(17) }] }], "17 headers or query parameters in one match"],
    ["parameters", [{ matches: [{ queryParams: named(17) }] }], "17 headers or query parameters"],
    ["set headers", [{ filters: [modifier({ set: named(17) })] }], "17 headers in one filter"],
    ["removed headers", [{ filters: [modifier({ remove: times(17, "x") })] }], "17 headers in one filter"],
  ];
  for (const [what, rules, said] of broken) {
    it(`says which is broken: ${what}`, () => expect(brokenLimit("HTTPRoute", rules)).to.include(said));
  }

  it("knows that only an HTTPRoute gets a match where a rule has none", () => {
    const rules = [{ matches: times(64, {}) }, { matches: times(64, {}) }, {}];
    expect(brokenLimit("GRPCRoute", rules)).to.equal(undefined);
  });

  it("has nothing against a route that uses everything to the last", () => {
    const backend = { name: "a", weight: 1_000_000, filters: times(16, modifier({ add: named(16) })) };
    const full = {
      matches: times(8, { headers: named(16) }),
      filters: times(16, {}),
      backendRefs: times(16, backend),
    };
    expect(brokenLimit("HTTPRoute", times(16, full))).to.equal(undefined);
    expect(brokenLimit("GRPCRoute", [])).to.equal(undefined);
  });
});
