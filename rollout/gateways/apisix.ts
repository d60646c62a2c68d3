import type { Gateway } from "./gateway.ts";
import { application } from "./metrics/application.ts";

const BY_ROUTE = "it counts by route and by a pod's address, not by Service";

/** The APISIX Ingress Controller (docs/en/latest/concepts/gateway-api.md, v2). */
export const apisix: Gateway = {
  name: "APISIX",
  controllers: ["apisix.apache.org"],
  settleMs: 10_000,
  metrics: { pack: application, unusable: { HTTPRoute: BY_ROUTE, GRPCRoute: BY_ROUTE } },
  lacks: { "backend-filters": "does not know filters of backends" },
  doubts: {
    mirror: "documents its mirrors partly only",
    "mirror-percent": "documents its mirrors partly only",
    expressions: "documents its expressions partly only",
  },
};
