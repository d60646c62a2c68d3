import { keyOf } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import { latestOf } from "../text/instant.ts";
import { homeOf, type RouteShare, routeRecordOf, shareOf } from "../traffic/route-record.ts";
import { answersOf } from "../traffic/route-status.ts";
import { gatewaysOf } from "./lookup.ts";
import { unknownGateway } from "./unknown.ts";
import { type UnmetCondition, unmetConditions } from "./unmet-conditions.ts";

/**
 * When the last written weight of a route is in force, in ms; 0 if the route carries no share of the rollout. `ledSince`: since
 * when (ms) the controller that asks leads.
 */
export function settledOn(route: Route, uid: string, ledSince?: number): number {
  const share = shareOf(route, uid);
  return share === undefined ? 0 : latestOf(Date.parse(share.since), ledSince) + settleMs(route);
}

/**
 * The longest settle time of the route's implementations, in ms, or what a rollout's plan says beyond it; without an answer,
 * that of an unknown one. The plan's is in the route's record, so that it is known after the Deployment is gone as well.
 */
export function settleMs(route: Route): number {
  const gateways = gatewaysOf(route);
  const known = (gateways.length > 0 ? gateways : [unknownGateway]).map((gateway) => gateway.settleMs);
  const planned = Object.values(routeRecordOf(route)?.shares ?? {}).map((share) => share.settleMs ?? 0);
  return Math.max(...known, ...planned);
}

/**
 * Whether the route's gateway writes the status of the rollout's other route with the same name instead. What it last wrote
 * on this one stays at an old generation.
 */
export function isStatusElsewhere(route: Route, routes: readonly Route[]): boolean {
  return gatewaysOf(route).some(
    ({ sharedNameStatus: kind }) =>
      kind !== undefined &&
      homeOf(route).kind !== kind &&
      routes.some((other) => homeOf(other).kind === kind && keyOf(other) === keyOf(route)),
  );
}

/** What was so before the share. */
type Known = Pick<RouteShare, "unmet" | "unresolved" | "canaryServices">;

/**
 * Why a parent has not accepted the current spec of the route, with the implementation's own words; `undefined` if every
 * parent with a status has. What was not met before the share does not count, as long as its canary Services are not what
 * is missing now.
 */
export function notAccepted(route: Route, share?: Known): string | undefined {
  if (answersOf(route).length === 0) return `no gateway answers for route ${keyOf(route)}`;
  return refusals(route, share)[0]?.message;
}

/** What the route's parents do not meet, and met before the share. */
export function refusals(route: Route, share?: Known): readonly UnmetCondition[] {
  const canaryServices = Object.entries(share?.canaryServices ?? {})
    .filter(([service]) => !share?.unresolved?.includes(service))
    .map(([, canaryService]) => canaryService);
  return unmetConditions(route).filter(
    ({ about, words }) =>
      !share?.unmet?.includes(about) || canaryServices.some((name) => words.includes(name)),
  );
}
