import type { Gateway } from "./gateway.ts";
import { application } from "./metrics/application.ts";

const MONITOR = "its counts are in Azure Monitor, not in Prometheus";

/**
 * Azure Application Gateway for Containers (its conformance report of Gateway API 1.2.1 lists what it supports). No document
 * says how long it takes to follow a change, so Serin waits a minute.
 */
export const azure: Gateway = {
  name: "Azure Application Gateway for Containers",
  controllers: ["alb.networking.azure.io"],
  settleMs: 60_000,
  metrics: { pack: application, unusable: { HTTPRoute: MONITOR, GRPCRoute: MONITOR } },
  lacks: {
    mirror: "does not know mirrors",
    "mirror-percent": "has no mirrors",
    "backend-filters": "does not know filters of backends",
  },
  doubts: { expressions: "documents exact header matches only" },
};
