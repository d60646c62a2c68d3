import { implementations } from "./implementations.ts";
import type { PackName } from "./metrics/packs.ts";
import type { Route } from "./objects.ts";

/** What a verdict is about. */
export type Judged = "errors" | "latency";

/** Whose metrics tell canary and stable apart behind a gateway. */
export type Metrics =
  | {
      readonly pack: Exclude<PackName, "application">;
      /** What the gateway's users must set, or bear with, for a verdict about … */
      readonly needs?: Readonly<Partial<Record<Judged, string>>>;
    }
  | {
      readonly pack: "application";
      /** Why the gateway's own will not do. */
      readonly because: string;
    };

/** What Serin must know of a Gateway API implementation. */
export interface Gateway {
  readonly name: string;
  /**
   * How long after the route's status is current the traffic may still follow the old weights, in ms. No condition of
   * the Gateway API says that a data plane has applied a change.
   */
  readonly settleMs: number;
  readonly metrics: Metrics;
}

/** Several proxies may watch separately; conformance allows 30 s, those that we measured stay far below this. */
const UNKNOWN: Gateway = {
  name: "an unknown gateway",
  settleMs: 10_000,
  metrics: { pack: "application", because: "Serin does not know its metrics" },
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

/**
 * One line for admission on what a verdict needs of this gateway's metrics, with the alternative; `undefined` where nothing
 * is to be said.
 */
export function metricsWarning(
  { name, metrics }: Gateway,
  judged: readonly Judged[] = ["errors", "latency"],
): string | undefined {
  if (metrics.pack === "application") {
    return `${name}: ${metrics.because}; so the canary is judged by the application's own http_request_duration_seconds`;
  }
  const needs = judged.flatMap((what) => metrics.needs?.[what] ?? []);
  if (needs.length === 0) return undefined;
  return `${name}: ${needs.join("; ")}; or judge by the application's own metrics: annotate serin.dev/metrics: application`;
}

/** The longest settle time of the route's implementations, in ms. */
export function settleMs(route: Route): number {
  return Math.max(0, ...gatewaysOf(route).map((gateway) => gateway.settleMs));
}

/**
 * Whether every parent that answered for the route has accepted what its spec says now. `undefined`: yes; otherwise a
 * sentence that says who has not, with the implementation's own words.
 */
export function notAccepted(route: Route): string | undefined {
  const name = `${route.metadata.namespace}/${route.metadata.name}`;
  const parents = route.status?.parents ?? [];
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
