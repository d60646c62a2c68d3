import type { Gateway } from "./gateway.ts";
import { application } from "./metrics/application.ts";
import { IN_CLOUDWATCH } from "./shortcomings.ts";

/** The AWS Gateway API Controller programs VPC Lattice (docs/api-types/http-route.md, v2). */
export const vpcLattice: Gateway = {
  name: "VPC Lattice",
  controllers: ["application-networking.k8s.aws"],
  settleMs: 60_000,
  metrics: { pack: application, unusable: { HTTPRoute: IN_CLOUDWATCH, GRPCRoute: IN_CLOUDWATCH } },
  lacks: {
    mirror: "does not know mirrors",
    "mirror-percent": "has no mirrors",
    "backend-filters": "does not know filters",
    "query-parameters": "does not match query parameters",
  },
  doubts: { expressions: "documents header matches without expressions, at most five in a rule" },
};
