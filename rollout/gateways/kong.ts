import type { Gateway } from "./gateway.ts";
import { definePack } from "./metrics/define.ts";
import { anyPair, literal, matcher } from "./metrics/pattern.ts";

const SHARED = "it counts per rule, and both versions share one";

/**
 * Kong makes one service of each rule, `httproute.<ns>.<route>.<rule>` (KIC, internal/dataplane/translator). So Serin
 * can distinguish backends only if each has a rule of its own, as in an A/B test. Backends of one rule share its key.
 */
const pack = definePack({
  name: "Kong",
  counter: "kong_http_requests_total",
  histogram: { metric: "kong_upstream_latency_ms_bucket", perSecond: 1_000 },
  codeLabels: ["code"],
  selections: (backends) => [
    matcher(
      "service",
      anyPair(
        backends.flatMap(({ routeNamespace, route, refs }) =>
          refs.map(({ rule }) => [literal(`httproute.${routeNamespace}.${route}.`), `${rule}`] as const),
        ),
      ),
    ),
  ],
  keysFor: ({ routeNamespace, route, refs }) => [
    ...new Set(refs.map(({ rule }) => `httproute.${routeNamespace}.${route}.${rule}`)),
  ],
  keysOf: ({ service = "" }) => [service],
});

/** Kong synchronizes every 3 s. */
export const kong: Gateway = {
  name: "Kong",
  controllers: ["konghq.com"],
  settleMs: 10_000,
  metrics: { pack, unusable: { HTTPRoute: SHARED, GRPCRoute: SHARED } },
  lacks: {
    mirror: "does not program routes that have a mirror",
    "mirror-percent": "has no mirrors",
    "backend-filters": "does not know filters of backends",
  },
  doubts: { "query-parameters": "knows them with router_flavor=expressions only" },
};
