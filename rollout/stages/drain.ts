import type { Route } from "../../kube/core/routes.ts";
import type { Write } from "../../kube/core/writes.ts";
import { settledOn, settleMs } from "../gateways/settle.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { isNarrowedTo } from "../traffic/isolation.ts";
import { flightOf } from "../traffic/route-record.ts";
import { deleteTwin, writeNarrow, writeRoute } from "../traffic/writes.ts";
import { writeMark } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { isRouted, recordOf, replicaSetOfRecord, type Seen, uidOf } from "./snapshot.ts";

/** How long an undo may take to arrive after its traffic is gone, in ms: longer than any request to the API server. */
const UNDO_MS = 60_000;

/** How long after the drain somebody may still be applying the rest of his manifests, in ms. */
const QUIET_MS = 10_000;

/** No traffic to the canary: nothing on any route, and in force at the proxies. */
export function drain(seen: Seen): Decision | undefined {
  if (isRouted(seen)) return { writes: drainWrites(seen) };
  return waitUntil(settledAt(seen), seen);
}

/** No pod but the stable version's behind the user's Services. */
export function isolateStable(seen: Seen): Decision | undefined {
  const open = seen.services.filter((service) => !isNarrowedTo(service, seen.held.stable));
  if (open.length === 0) return undefined;
  const since = instant(seen.now);
  return { writes: open.map((service) => writeNarrow(service, uidOf(seen), seen.held.stable, since)) };
}

/**
 * Leaves a drained overlay in place for a while. Whoever brings the stable version back with server-side apply (helm 4)
 * applies the route right after the Deployment; a write of ours in that moment would make his apply a conflict.
 */
export function awaitQuiet(seen: Seen): Decision | undefined {
  const settled = settledAt(seen);
  return settled === 0 ? undefined : waitUntil(settled + QUIET_MS, seen);
}

/** The writes that take all traffic from the canary. */
export function drainWrites(seen: Seen): Write[] {
  return seen.routes.flatMap((route) => {
    const flight = flightOf(route, uidOf(seen));
    if (flight === undefined || !isExposed(flight)) return [];
    return [writeRoute(route, uidOf(seen), drained(flight, instant(seen.now)))];
  });
}

/** The routes as their owners wrote them. */
export function leaveRoutes(seen: Seen): Decision | undefined {
  const attached = seen.routes.filter((route) => flightOf(route, uidOf(seen)) !== undefined);
  if (attached.length === 0) return undefined;
  const writes = attached.map((route) => writeRoute(route, uidOf(seen), undefined));
  return { writes: [...writes, ...recordDetached(seen)] };
}

/** The same, and in force at the proxies. */
export function detachRoutes(seen: Seen): Decision | undefined {
  const leaving = leaveRoutes(seen);
  if (leaving !== undefined) return leaving;
  if (seen.twins.length === 0) return undefined;
  const detached = recordOf(seen)?.detached;
  // No instant is known when we died right after the routes were written: count from now.
  if (detached === undefined && recordOf(seen) !== undefined) return { writes: recordDetached(seen) };
  return waitUntil(Date.parse(detached ?? seen.held.started) + longestSettle(seen.routes), seen);
}

/** Nothing names the twins any more; a proxy that still knew one would answer with errors, hence they go last. */
export function removeTwins(seen: Seen): Decision | undefined {
  return seen.twins.length === 0 ? undefined : { writes: seen.twins.map(deleteTwin) };
}

/**
 * An undo is on its way: admission has drained the routes, but the API server has not stored the Deployment yet. Nothing is
 * written meanwhile; if the undo never arrives (a later admission may refuse it), the rollout goes on. What was drained
 * for an undo of the rollout before is no news.
 */
export function awaitUndo(seen: Seen): Decision | undefined {
  const started = Date.parse(seen.held.started);
  const undone = seen.routes.filter((route) => {
    const flight = flightOf(route, uidOf(seen));
    return flight?.drained && Date.parse(flight.since) >= started;
  });
  return waitUntil(Math.max(0, ...undone.map((route) => settledOn(route, uidOf(seen)) + UNDO_MS)), seen);
}

/** When the weights that were written last are in force everywhere, in ms; 0 without routes. */
export function settledAt(seen: Seen): number {
  return Math.max(0, ...seen.routes.map((route) => settledOn(route, uidOf(seen))));
}

/** Waits for an instant (ms); done when it has passed. */
export function waitUntil(at: number, seen: Seen): Decision | undefined {
  return at > seen.now ? { writes: [], waitMs: at - seen.now } : undefined;
}

function recordDetached(seen: Seen): Write[] {
  const run = recordOf(seen);
  const replicaSet = replicaSetOfRecord(seen);
  if (run === undefined || replicaSet === undefined) return [];
  return [writeMark(replicaSet, uidOf(seen), { ...run, detached: instant(seen.now) })];
}

function longestSettle(routes: readonly Route[]): number {
  return Math.max(0, ...routes.map(settleMs));
}
