import type { Route, RouteKind } from "../../kube/core/routes.ts";
import type { Gateway } from "./gateway.ts";
import { implementations } from "./implementations.ts";

/** Several proxies may watch separately; conformance allows 30 s, those that we measured stay far below this. */
export const UNKNOWN: Gateway = {
  name: "an unknown gateway",
  settleMs: 10_000,
  metrics: { pack: "application", because: "Serin does not know its metrics" },
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

/** The implementations that answer for a route: those that wrote a status on it. */
export function gatewaysOf(route: Route): readonly Gateway[] {
  const names = new Set((route.status?.parents ?? []).map((parent) => parent.controllerName ?? ""));
  return [...names].map(gatewayOf);
}

function gatewayOf(controllerName: string): Gateway {
  const [domain = ""] = controllerName.split("/");
  // The table's own keys only: a domain may be called "constructor".
  const known = Object.hasOwn(implementations, domain) ? implementations[domain] : undefined;
  return known ?? { ...UNKNOWN, name: controllerName || UNKNOWN.name };
}

/** Why this gateway's metrics cannot count for a route of that kind, where they cannot. */
export function whyUncounted({ metrics }: Gateway, kind: RouteKind): string | undefined {
  if (metrics.pack === "application") return metrics.because;
  return kind === "GRPCRoute" ? metrics.blindToCalls : undefined;
}
