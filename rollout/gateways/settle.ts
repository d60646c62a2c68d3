import type { Route } from "../../kube/core/routes.ts";
import { shareOf } from "../traffic/route-record.ts";
import { answersOf } from "../traffic/route-status.ts";
import { gatewaysOf } from "./lookup.ts";
import { unknownGateway } from "./unknown.ts";

/** When the weight that was written last on one route is in force, in ms; 0 when the rollout is not in it. */
export function settledOn(route: Route, uid: string): number {
  const share = shareOf(route, uid);
  return share === undefined ? 0 : Date.parse(share.since) + settleMs(route);
}

/** The longest settle time of the route's implementations, in ms; of one that has not answered yet nothing is known. */
export function settleMs(route: Route): number {
  const gateways = gatewaysOf(route);
  return Math.max(...(gateways.length > 0 ? gateways : [unknownGateway]).map((gateway) => gateway.settleMs));
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
