import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import { type Plan, parsePlan } from "../../../../rollout/plan/plan.ts";
import { hostConflictCaveats } from "../../../../rollout/preflight/host-conflicts.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import { aService } from "../../../support/builders.ts";

const planOf = (given: Record<string, string>) =>
  (parsePlan({ "serin.dev/rollout": "canary", ...given }) as { plan: Plan }).plan;
const testers = planOf({ "serin.dev/match": "header x-canary=insider" });
const route = (
  name: string,
  { hosts = ["web.example"], gateway = "gw", backend = "other", matches = {} },
): Route => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name, namespace: "shop" },
  spec: {
    parentRefs: [{ name: gateway, namespace: "edge" }],
    hostnames: hosts,
    rules: [{ matches: [matches], backendRefs: [{ name: backend, port: 80 }] }],
  },
});
const own = route("web", { backend: "web" });
const byHeader = { headers: [{ name: "x-beta", value: "1" }] };

describe("another route for the same host", () => {
  const cases: [string, Plan, Route, boolean][] = [
    ["that chooses by a header is told to testers", testers, route("beta", { matches: byHeader }), true],
    ["and to sticky users", planOf({ "serin.dev/sticky": "1h" }), route("beta", { matches: byHeader }), true],
    [
      "is told when one of both takes every host",
      testers,
      route("beta", { hosts: [], matches: byHeader }),
      true,
    ],
    ["matters to no other route", planOf({}), route("beta", { matches: byHeader }), false],
    ["that goes by paths alone does not matter", testers, route("docs", {}), false],
    [
      "of another gateway does not matter",
      testers,
      route("beta", { gateway: "b", matches: byHeader }),
      false,
    ],
    ["is another host's", testers, route("beta", { hosts: ["b.example"], matches: byHeader }), false],
    ["is the rollout's own", testers, route("web", { backend: "web", matches: byHeader }), false],
  ];
  for (const [what, plan, other, told] of cases) {
    it(what, () => {
      const doubts = hostConflictCaveats(plan, [aService()], [leanRoute(own)], [own, other].map(leanRoute));
      expect(doubts).to.have.length(told ? 1 : 0);
      for (const doubt of doubts) expect(doubt).to.contain("route shop/beta has the same host");
    });
  }
});
