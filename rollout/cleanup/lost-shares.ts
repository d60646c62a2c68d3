import type { LeanRoute, Route, ShareOwner } from "../../kube/core/routes.ts";
import { settledOn, settleMs } from "../gateways/settle.ts";
import { equal } from "../text/equal.ts";
import { CLOCK_SKEW_MS, instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { servicesNamed } from "../traffic/overlay.ts";
import { type RouteShare, routeRecordOf, withShare } from "../traffic/route-record.ts";
import { writeShares } from "../traffic/writes.ts";

/** The Deployments in flight. */
export interface InFlight {
  /** UID → namespace. A mark in another namespace is a copy's. */
  readonly inFlight: ReadonlyMap<string, string>;
  /** The namespaces of which Serin does not know everything in flight. A rollout there may be in flight. */
  readonly incomplete?: ReadonlySet<string>;
}

/** The time (ms), and since when (ms) the controller that asks leads; absent: it wrote everything itself. */
export interface Times {
  readonly now: number;
  readonly ledSince?: number;
}

/**
 * Takes the traffic of lost rollouts from a route first, and removes their shares when that is in force: a proxy learns of
 * Services and of routes in any order.
 */
export function sweepRoute(
  route: Route,
  lost: (uid: string, share: RouteShare) => boolean,
  { now, ledSince }: Times,
) {
  const shares = routeRecordOf(route)?.shares ?? {};
  const uids = Object.entries(shares).flatMap(([uid, share]) => (lost(uid, share) ? [uid] : []));
  const waitMs = (uid: string) => {
    const left = isExposed(shares[uid]) ? settleMs(route) : settledOn(route, uid, ledSince) - now;
    // An instant further ahead than clocks differ is forged.
    return left > settleMs(route) + CLOCK_SKEW_MS ? 0 : left;
  };
  const kept = uids.reduce((rest, uid) => {
    const share = rest[uid];
    if (share === undefined || waitMs(uid) <= 0) return withShare(rest, uid, undefined);
    return isExposed(share) ? withShare(rest, uid, drained(share, instant(now))) : rest;
  }, shares);
  return {
    uids,
    waitMs: Math.max(0, ...uids.map(waitMs)),
    writes: equal(kept, shares) ? [] : [writeShares(route, kept)],
  };
}

/** Whether the route has a share of a rollout that is over, or of one whose route it is not. */
export function isLost(route: Route | LeanRoute, share: ShareOwner, known: InFlight): boolean {
  const { uid, namespace } = share;
  const { inFlight } = known;
  return hasEndedIn(namespace, uid, known) || (inFlight.get(uid) === namespace && isCopied(route, share));
}

/** Whether the rollout with this UID is over, or one of another namespace. */
export function hasEndedIn(namespace = "", uid: string, { inFlight, incomplete }: InFlight): boolean {
  return inFlight.get(uid) !== namespace && incomplete?.has(namespace) !== true;
}

/** Whether the route is in another namespace than the rollout and names no Service there: a copy, while its original serves. */
function isCopied(route: Route | LeanRoute, { namespace }: ShareOwner): boolean {
  return route.metadata.namespace !== namespace && servicesNamed(route, namespace).size === 0;
}
