import { expect } from "chai";
import { blockerOf } from "../../../../rollout/preflight/preflight.ts";
import { withShare } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON } from "../../../support/builders.ts";
import { STICKY } from "../../../support/exposed.ts";
import { processorTime } from "../../../support/processor-time.ts";
import { applied } from "../../../support/routes.ts";
import { behind, blocker, caveats, plans } from "./asked.ts";

describe("the limits of a route", () => {
  const refs = [{ name: "web", port: 80 }];
  const matches = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ path: { type: "PathPrefix", value: `/${i}` } }));
  it("names the limit, the rule and the route", () => {
    const rules = Array.from({ length: 9 }, (_, i) => ({
      matches: [{ path: { value: `/${i}` } }],
      backendRefs: refs,
    }));
    expect(blocker(plans.header, behind("Istio", rules))).to.equal(
      "route shop/web: during the rollout, the route would have 18 rules, and the Gateway API allows 16",
    );
    expect(blocker(plans.weights, behind("Istio", rules))).to.equal(undefined);
    const twenty = { match: Array.from({ length: 20 }, (_, i) => `header x-${i}=1`).join() };
    expect(blocker(twenty, behind("Istio", [{ matches: matches(4), backendRefs: refs }]))).to.match(
      /rule 1 would have 80 matches/,
    );
    const many = Array.from({ length: 16 }, (_, i) => ({ name: `b${i}` }));
    expect(blocker(plans.weights, behind("Istio", [{ backendRefs: [...many.slice(1), ...refs] }]))).to.match(
      /17 backends/,
    );
  });
});

it("spends little time on a hostile route and plan", () => {
  const headers = (from: number, count: number) =>
    Array.from({ length: count }, (_, k) => ({
      type: "RegularExpression" as const,
      name: `x-${k + from}`,
      value: ".*",
    }));
  const rules = Array.from({ length: 16 }, (_, i) => ({
    matches: Array.from({ length: 8 }, (_, j) => ({ headers: headers(i, (i * 8 + j) % 16) })),
    backendRefs: [{ name: i % 2 ? "web" : "other", port: 80 }],
  }));
  const steps = Array.from({ length: 20 }, (_, i) => i + 1).join();
  const match = Array.from({ length: 20 }, (_, i) => `header t-${i}=1`).join();
  const plan = { steps, match, sticky: "1h" };
  const took = processorTime(() => {
    expect(blocker(plan, behind("Istio", rules))).to.match(/would have \d+ rules/);
    caveats(plan, behind("Istio", rules));
  });
  expect(took).to.be.below(2_000);
});

describe("rules that Serin cannot distinguish", () => {
  const cookies = { headers: [{ type: "RegularExpression" as const, name: "cookie", value: "^a=1$" }] };
  const refs = [{ name: "web", port: 80 }];
  const own = (filter: object) => ({ type: "ResponseHeaderModifier", responseHeaderModifier: filter });
  const setting = own({ set: [{ name: "set-cookie", value: "a=b" }] });

  it("refuse cookies of Serin next to conditions on cookies and filters for them", () => {
    const named = [
      { backendRefs: [{ name: "other" }], filters: [setting] },
      { matches: [cookies], backendRefs: refs },
    ];
    expect(blocker(plans.sticky, behind("Istio", named))).to.match(
      /route shop\/web: rule 1 matches on cookies itself/,
    );
    for (const rule of [
      { filters: [setting], backendRefs: refs },
      { backendRefs: [{ name: "web", filters: [setting] }] },
    ]) {
      expect(blocker(plans.sticky, behind("Istio", [rule]))).to.match(
        /rule 0 has a filter for Set-Cookie itself/,
      );
      expect(blocker(plans.header, behind("Istio", [rule]))).to.equal(undefined);
    }
    const elsewhere = [
      { backendRefs: [{ name: "web", namespace: "other" }], filters: [setting] },
      { backendRefs: refs },
    ];
    expect(blocker(plans.sticky, behind("Istio", elsewhere)), "a Service of another namespace").to.equal(
      undefined,
    );
    expect(
      blocker(
        plans.sticky,
        behind("Istio", [{ matches: [cookies], backendRefs: [{ name: "other" }] }, { backendRefs: refs }]),
      ),
      "a rule above",
    ).to.match(/cookies itself|keep its users apart/);
  });

  it("only bring a warning for testers", () => {
    const rules = [
      {
        matches: [{ headers: [{ type: "RegularExpression" as const, name: "x-a", value: ".*" }] }],
        backendRefs: refs,
      },
    ];
    expect(blocker(plans.header, behind("Istio", rules))).to.equal(undefined);
    expect(caveats(plans.header, behind("Istio", rules))).to.match(
      /serin\.dev\/match: requests with header x-a=1 get the stable version at rule 0 of route shop\/web, which has conditions of its own/,
    );
    expect(caveats({ ...plans.header, rollout: "ab-test" }, behind("Istio", rules))).to.match(/rule 0/);
  });

  it("do not matter to gRPC clients, which keep no cookies; a warning says so", () => {
    const grpc = behind("Kong", [{ matches: [cookies], backendRefs: refs }], { kind: "GRPCRoute" });
    expect(blocker(plans.sticky, grpc)).to.equal(undefined);
    expect(caveats(plans.sticky, grpc)).to.match(
      /gRPC clients keep no cookies: route shop\/web draws every call again/,
    );
    const plain = behind("Istio", [{ backendRefs: refs }], { kind: "GRPCRoute" });
    expect(caveats(plans.query, plain)).to.match(
      /serin\.dev\/match: requests with query a=1 get the stable version/,
    );
  });

  it("are found next to a rollout in flight on the route", () => {
    const rules = [{ backendRefs: [...refs, { name: "api", port: 80 }] }];
    const api = {
      namespace: "shop",
      canaryServices: { api: "api-canary" },
      weight: 10,
      sticky: STICKY,
      since: AT_NOON,
    };
    const route = applied(behind("Istio", rules), { api });
    expect(blocker(plans.sticky, route)).to.equal(undefined);
    expect(caveats(plans.header, route)).to.equal("");
    const shares = withShare({ api }, "web", { ...api, canaryServices: { web: "web-canary" } });
    expect([blockerOf(route, shares, "web"), blockerOf(route, shares, "unknown")]).to.deep.equal([
      undefined,
      undefined,
    ]);
  });
});
