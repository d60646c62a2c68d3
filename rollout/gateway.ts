import { implementations } from "./implementations.ts";
import type { RouteKind } from "./matching.ts";
import type { PackName } from "./metrics/packs.ts";
import type { Route } from "./objects.ts";
import { answersOf } from "./parents.ts";

/** What a verdict is about; `calls` are the errors of gRPC. */
export type Judged = "errors" | "latency" | "calls";

/** Whose metrics tell canary and stable apart behind a gateway. */
export type Metrics =
  | {
      readonly pack: Exclude<PackName, "application">;
      /** What the gateway's users must set, or bear with, for a verdict about … */
      readonly needs?: Readonly<Partial<Record<Judged, string>>>;
      /** Why they do not tell which calls of gRPC failed, where they do not. */
      readonly blindToCalls?: string;
    }
  | {
      readonly pack: "application";
      /** Why the gateway's own will not do. */
      readonly because: string;
    };

/** A part of a route that a strategy needs and not every implementation has. */
export type Feature = "mirror" | "mirror-percent" | "backend-filters" | "expressions" | "query-parameters";

/** What Serin must know of a Gateway API implementation. */
export interface Gateway {
  readonly name: string;
  /**
   * How long after the route's status is current the traffic may still follow the old weights, in ms. No condition of
   * the Gateway API says that a data plane has applied a change.
   */
  readonly settleMs: number;
  readonly metrics: Metrics;
  /** What it would do instead: a plan that needs this is refused. To be read after its name. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /** Where it may differ: a plan that needs this is warned. */
  readonly doubts?: Readonly<Partial<Record<Feature, string>>>;
}

/** Several proxies may watch separately; conformance allows 30 s, those that we measured stay far below this. */
const UNKNOWN: Gateway = {
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

/**
 * One line for admission on what a verdict about these needs of this gateway's metrics, with the alternative; `undefined`
 * where nothing is to be said.
 */
export function metricsWarning(
  gateway: Gateway,
  judged: readonly Judged[] = ["errors", "latency"],
): string | undefined {
  const { name, metrics } = gateway;
  const calls = judged.includes("calls");
  const why = whyUncounted(gateway, calls ? "GRPCRoute" : "HTTPRoute");
  if (metrics.pack === "application" || why !== undefined) {
    const own = calls ? "grpc_server_handled_total" : "http_request_duration_seconds";
    return `${name}: ${why}; so the canary is judged by the application's own ${own}`;
  }
  const needs = judged.flatMap((what) => metrics.needs?.[what] ?? []);
  if (needs.length === 0) return undefined;
  return `${name}: ${needs.join("; ")}; or judge by the application's own metrics: annotate serin.dev/metrics: application`;
}

/** The longest settle time of the route's implementations, in ms; of one that has not answered yet nothing is known. */
export function settleMs(route: Route): number {
  const gateways = gatewaysOf(route);
  return Math.max(...(gateways.length > 0 ? gateways : [UNKNOWN]).map((gateway) => gateway.settleMs));
}

/**
 * Whether every parent that answered for the route has accepted what its spec says now. `undefined`: yes; otherwise a
 * sentence that says who has not, with the implementation's own words.
 */
export function notAccepted(route: Route): string | undefined {
  const name = `${route.metadata.namespace}/${route.metadata.name}`;
  const parents = answersOf(route);
  if (parents.length === 0) return `no gateway answers for route ${name}`;
  for (const { controllerName = "a gateway", conditions = [] } of parents) {
    for (const type of ["Accepted", "ResolvedRefs"]) {
      const condition = conditions.find((candidate) => candidate.type === type);
      // Some implementations leave the generation out; then the status is all there is to go by.
      const observed =
        condition?.observedGeneration ?? (condition === undefined ? 0 : Number.POSITIVE_INFINITY);
      if (observed < (route.metadata.generation ?? 0)) {
        return `${controllerName} has not yet seen generation ${route.metadata.generation} of route ${name}`;
      }
      if (condition?.status !== "True") {
        return `${controllerName} says ${type}=${condition?.status} (${condition?.reason}) of route ${name}: ${condition?.message}`;
      }
    }
  }
  return undefined;
}
