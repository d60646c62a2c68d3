import type { Gateway } from "./gateway.ts";
import { application } from "./metrics/application.ts";

const UNKNOWN_METRICS = "Serin does not know its metrics";

/**
 * Serin's assumptions about an unknown implementation. Several proxies may watch separately. Conformance allows 30 s; the
 * measured implementations stay far below this.
 */
export const unknownGateway: Gateway = {
  name: "an unknown gateway",
  controllers: [],
  settleMs: 10_000,
  metrics: {
    pack: application,
    unusable: { HTTPRoute: UNKNOWN_METRICS, GRPCRoute: UNKNOWN_METRICS },
  },
  lacks: {
    mirror: "is unknown to Serin: a rule with a mirror might fail as a whole",
    "mirror-percent": "is unknown to Serin: it might copy everything",
    "backend-filters": "is unknown to Serin: backends with filters might fail",
  },
  doubts: {
    expressions:
      "is unknown to Serin: whether it knows regular expressions on headers is left open by the Gateway API",
    "query-parameters": "is unknown to Serin: matches on query parameters are optional in the Gateway API",
  },
};
