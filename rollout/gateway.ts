import type { Route } from "./objects.ts";

/** What Serin must know of a Gateway API implementation. */
export interface Gateway {
  readonly name: string;
  /**
   * How long after the route's status is current the traffic may still follow the old weights, in ms. No condition of
   * the Gateway API says that a data plane has applied a change.
   */
  readonly settleMs: number;
  /** Where its metrics tell backends apart. */
  readonly metrics?: "traefik";
}

/** Several proxies may watch separately; conformance allows 30 s, those that we measured stay far below this. */
const UNKNOWN: Gateway = { name: "an unknown gateway", settleMs: 10_000 };

/** By the `controllerName` that an implementation writes into a route's status. */
const GATEWAYS: Readonly<Record<string, Gateway>> = {
  // Provider throttle 2 s by default; 0.5 s was the longest delay measured.
  "traefik.io/gateway-controller": { name: "Traefik", settleMs: 2_500, metrics: "traefik" },
  "projectcontour.io/gateway-controller": { name: "Contour", settleMs: 1_000 },
  // Google documents 30 to 60 s for a change of weights.
  "networking.gke.io/gateway": { name: "GKE", settleMs: 90_000 },
};

/** The implementations that answer for a route: those that wrote a status on it. */
export function gatewaysOf(route: Route): readonly Gateway[] {
  const names = new Set((route.status?.parents ?? []).map((parent) => parent.controllerName ?? ""));
  return [...names].map((name) => GATEWAYS[name] ?? { ...UNKNOWN, name: name || UNKNOWN.name });
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
