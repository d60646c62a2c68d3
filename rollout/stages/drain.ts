import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Write } from "../../kube/core/writes.ts";
import { settledOn, settleMs } from "../gateways/settle.ts";
import { CLOCK_SKEW_MS, instant, latestOf } from "../text/instant.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { isIsolatedFor } from "../traffic/isolation.ts";
import type { RouteShare } from "../traffic/route-record.ts";
import { isTurnedFrom } from "../traffic/turn.ts";
import { deleteCanaryService, writeIsolation, writeRoute, writeTurnBack } from "../traffic/writes.ts";
import { routedServices } from "./attach.ts";
import { type Decision, unlessDone } from "./decision.ts";
import { rewrite } from "./hook-record.ts";
import { withObserved } from "./observed-settle.ts";
import { isRouted, type Snapshot } from "./snapshot.ts";
import { noteLoss } from "./unsteady.ts";

/** How long an undo may take to arrive after its traffic is gone, in ms: longer than any request to the API server. */
const UNDO_MS = 60_000;

/** How long after the drain a user may still be applying the rest of their manifests, in ms. */
const QUIET_MS = 10_000;

/** How often Serin looks for routes that it could not read before, in ms. */
const LOOK_MS = 1_000;

/** Takes all traffic from the canary, and waits until that is in force at the proxies. */
export function drain(snapshot: Snapshot): Decision | undefined {
  return takeTraffic(snapshot) ?? awaitSettled(snapshot);
}

/** Takes all traffic from the canary. */
export function takeTraffic(snapshot: Snapshot): Decision | undefined {
  return isRouted(snapshot) ? { writes: drainWrites(snapshot) } : undefined;
}

/**
 * Takes all traffic from an ended canary at once, also that by a Service which its owner has recreated. The isolation comes first
 * and may fail: a route whose owner refuses the drain must not leave such a Service to the canary, nor a Service that refuses
 * the isolation the weight.
 */
export function takeAllTraffic(snapshot: Snapshot): Decision | undefined {
  const isolating = isolateStable(snapshot)?.writes ?? [];
  const writes = [
    ...isolating.map((write) => (write.verb === "merge" ? { ...write, mayFail: true as const } : write)),
    ...(takeTraffic(snapshot)?.writes ?? []),
  ];
  return unlessDone(writes);
}

/** Waits until the weights that were written last are in force at the proxies. */
export function awaitSettled(snapshot: Snapshot): Decision | undefined {
  return waitUntil(settledAt(snapshot), snapshot);
}

/**
 * Takes all traffic from the canary while one of its Services has no endpoint, because its share gets errors. No stage that waits
 * or writes something else may come before: the API server may refuse that write for long.
 */
export function drainUnanswered(snapshot: Snapshot): Decision | undefined {
  const isUnanswered = ({ metadata: { name } }: Service) =>
    (snapshot.endpoints.get(canaryServiceName(name)) ?? 0) === 0;
  if (!isRouted(snapshot) || !routedServices(snapshot).some(isUnanswered)) return undefined;
  return { writes: [...drainWrites(snapshot), ...noteLoss(snapshot)] };
}

/**
 * Isolates the user's Services to the stable version's pods. After the end of a canary this does not wait for the gateway: a
 * Service that its owner has recreated leads to the canary's pods until then.
 */
export function isolateStable(snapshot: Snapshot): Decision | undefined {
  const { uid, held, services } = snapshot;
  const open = services.filter((service) => !isIsolatedFor(uid, service, held.stable));
  const since = instant(snapshot.now);
  const write = (service: Service) =>
    isTurnedFrom(service, held.stable)
      ? writeTurnBack(service, uid, held.stable, since)
      : writeIsolation(service, uid, held.stable, since);
  return unlessDone(open.map(write));
}

/**
 * The same as writes, for a wait that comes before the stage that isolates them. Without a route, the canary has its share
 * through these Services.
 */
export function isolationWrites(snapshot: Snapshot): readonly Write[] {
  return snapshot.routes.length === 0 ? [] : (isolateStable(snapshot)?.writes ?? []);
}

/**
 * Leaves a drained overlay in place for a while. A user who restores the stable version with server-side apply (helm 4)
 * applies the route right after the Deployment. A write by Serin in that moment would cause a conflict.
 */
export function awaitQuiet(snapshot: Snapshot): Decision | undefined {
  const settled = settledAt(snapshot);
  return settled === 0 ? undefined : waitUntil(settled + QUIET_MS, snapshot);
}

/** The writes that take all traffic from the canary. */
export function drainWrites(snapshot: Snapshot): Write[] {
  const { latched, started } = snapshot.held;
  // Behind the latch, the weight is that of the superseded version.
  const rollout = latched ? undefined : started;
  return [...snapshot.shares]
    .filter(([, share]) => isExposed(share))
    .map(([route, share]) => {
      const settling = withObserved(snapshot, share);
      return writeRoute(route, snapshot.uid, drained(settling, instant(snapshot.now), rollout));
    });
}

/**
 * Restores the routes as their owners wrote them. The next write of the rollout keeps the instant. A route with a share that
 * Serin has not read still leads to the canary Service, so nothing may follow before its turn.
 */
export function detachRoutes(snapshot: Snapshot): Decision | undefined {
  if (snapshot.shares.size === 0) return snapshot.lacksShares ? { writes: [], waitMs: LOOK_MS } : undefined;
  return { writes: [...snapshot.shares.keys()].map((route) => writeRoute(route, snapshot.uid, undefined)) };
}

/** Restores the routes, and waits until that is in force at the proxies. */
export function restoreRoutes(snapshot: Snapshot): Decision | undefined {
  const leaving = detachRoutes(snapshot);
  if (leaving?.writes.length === 0) return leaving;
  if (leaving !== undefined) return { writes: [...leaving.writes, ...recordDetached(snapshot)] };
  if (snapshot.canaryServices.length === 0) return undefined;
  const { run, held } = snapshot;
  // A record of an earlier promotion may have been carried into this rollout.
  const byHold = held.phase === "promoting" ? held.detached : undefined;
  const known = [run?.detached, byHold].flatMap((at) => believed(at, snapshot));
  // The instant is unknown if the controller died right after it wrote the routes: count from now.
  if (known.length === 0 && run !== undefined) return { writes: recordDetached(snapshot) };
  // The webhook's clock wrote `started`, and it may be ahead of this one: it counts only if nothing else is known.
  const since = known.length > 0 ? known : believed(held.started, snapshot);
  return waitUntil(Math.max(0, ...since) + longestSettle(snapshot), snapshot);
}

/** Deletes the canary Services last: a proxy that still knows one would answer with errors. */
export function removeCanaryServices(snapshot: Snapshot): Decision | undefined {
  return unlessDone(snapshot.canaryServices.map(deleteCanaryService));
}

/**
 * Waits for an undo: admission has drained the routes, but the API server has not stored the Deployment yet. If the undo
 * never arrives, as when a later admission refuses it, the rollout continues. A drain for the undo of another rollout does not
 * count.
 * During the wait, Serin judges nothing, so no route may give the canary traffic. The API server may have refused admission
 * the drain of some routes, and the undo with it.
 */
export function awaitUndo(snapshot: Snapshot): Decision | undefined {
  const ends = [...snapshot.shares].map(([route, share]) => {
    const at = undoneAt(share, snapshot.held.started);
    return at === undefined ? 0 : Math.max(at, settled(route, snapshot)) + UNDO_MS;
  });
  const wait = waitUntil(Math.max(0, ...ends), snapshot);
  return wait && { ...wait, writes: [...drainWrites(snapshot), ...isolationWrites(snapshot)] };
}

/**
 * When (ms) admission marked the share for an undo of this rollout. The rollout's name tells it from an earlier one: the clocks
 * of two webhooks differ. The share's own instant does not tell it: a share without a weight keeps that.
 */
function undoneAt({ drained, undo, since }: RouteShare, started: string): number | undefined {
  if (undo !== undefined) return undo.rollout === started ? Date.parse(undo.at) : undefined;
  return drained && Date.parse(since) >= Date.parse(started) ? Date.parse(since) : undefined;
}

/** When the weights that were written last are in force everywhere, in ms; 0 without routes. */
export function settledAt(snapshot: Snapshot): number {
  return Math.max(0, ...snapshot.routes.map((route) => settled(route, snapshot)));
}

function settled(route: Route, { uid, ledSince }: Snapshot): number {
  return settledOn(route, uid, ledSince);
}

/** Waits for an instant (ms); done when it has passed. */
export function waitUntil(at: number, snapshot: Snapshot): Decision | undefined {
  return at > snapshot.now ? { writes: [], waitMs: at - snapshot.now } : undefined;
}

function recordDetached(snapshot: Snapshot): readonly Write[] {
  return rewrite(snapshot, { detached: instant(snapshot.now) });
}

/** The instant (ms), unless it is further ahead than clocks differ: the clean-up would wait until it came. */
function believed(at: string | undefined, { now, ledSince }: Snapshot): readonly number[] {
  const ms = at === undefined ? Number.NaN : Date.parse(at);
  return ms <= now + CLOCK_SKEW_MS ? [latestOf(ms, ledSince)] : [];
}

/** The routes carry no share any more that says how long their gateways take. */
function longestSettle({ routes, plan }: Snapshot): number {
  return Math.max(0, ...routes.map((route) => Math.max(settleMs(route), plan.settleMs ?? 0)));
}
