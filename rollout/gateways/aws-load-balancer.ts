import type { Gateway } from "./gateway.ts";
import { application } from "./metrics/application.ts";
import { IN_CLOUDWATCH } from "./shortcomings.ts";

/**
 * The AWS Load Balancer Controller makes Application Load Balancers (docs/guide/gateway/l7gateway.md, v3). No document says how
 * long the balancer takes to follow a change of its rules, so Serin waits a minute.
 */
export const awsLoadBalancer: Gateway = {
  name: "AWS Load Balancer Controller",
  controllers: ["gateway.k8s.aws"],
  settleMs: 60_000,
  metrics: { pack: application, unusable: { HTTPRoute: IN_CLOUDWATCH, GRPCRoute: IN_CLOUDWATCH } },
  lacks: {
    mirror: "does not know mirrors",
    "mirror-percent": "has no mirrors",
    "backend-filters": "does not know filters that change answers",
  },
  doubts: { expressions: "documents exact header matches only" },
};
