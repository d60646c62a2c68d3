import { notAccepted, refusals } from "../gateways/settle.ts";
import { blockerOf } from "../preflight/preflight.ts";
import { instant } from "../text/instant.ts";
import { exposureOf, NONE } from "../traffic/exposure.ts";
import { writeRoute } from "../traffic/writes.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { attach, routedServices, sharesWith } from "./attach.ts";
import { awaitCounting } from "./counting.ts";
import { type Decision, unlessDone } from "./decision.ts";
import { isolateStable, settledAt, waitUntil } from "./drain.ts";
import { stepSince } from "./health.ts";
import { rewrite } from "./hook-record.ts";
import { rollBack } from "./rollback.ts";
import { grantedCopies, grantedExposure, isRouted, type Snapshot } from "./snapshot.ts";
import { answering, awaitSeen, hasWord, MOMENT_MS, namedIn } from "./unmet.ts";

/** How often Serin looks whether a deleted object is back, in ms. */
const LOOK_MS = 1_000;

/** Adds the canary Services to the routes: first without traffic, then, once every parent has accepted and settled, with the grant. */
export function expose(snapshot: Snapshot): Decision | undefined {
  if (snapshot.routes.length === 0) return forgetTrouble(snapshot);
  const blocker = snapshot.routes.flatMap(
    (route) => blockerOf(route, sharesWith(snapshot, route), snapshot.uid) ?? [],
  )[0];
  if (blocker !== undefined) return rollBack(snapshot, blocker);
  const unseen = awaitSeen(snapshot);
  if (unseen !== undefined) return unseen;
  const missing = attach(snapshot, (share) => (share === undefined ? NONE : exposureOf(share)));
  if (missing.length > 0) return { writes: missing };
  // A gateway that refuses the route answers nothing, so it counts nothing: its own reason comes first.
  const unmet = awaitAccepted(snapshot);
  if (unmet !== undefined) return unmet;
  const writes = attach(snapshot, () => grantedExposure(snapshot));
  // A gateway may refuse the canary Service only with a weight: trouble is over when it has accepted that weight.
  const left = (writes.length === 0 ? forgetTrouble(snapshot) : undefined) ?? awaitCounting(snapshot);
  if (left !== undefined) return left;
  // A proxy that does not know the canary Services yet would answer with errors.
  const at = Math.max(settledAt(snapshot), againAt(snapshot));
  return waitUntil(at, snapshot) ?? unlessDone(writes);
}

/**
 * When (ms) a weight that was taken back is granted again: after as long as the trouble had lasted then, at most a minute. So a
 * gateway that refuses each weight gets one ever more rarely.
 */
function againAt(snapshot: Snapshot): number {
  const { run, shares } = snapshot;
  if (run?.unroutedSince === undefined || isRouted(snapshot)) return 0;
  const taken = Math.max(0, ...[...shares.values()].map(({ since }) => Date.parse(since)));
  return taken + Math.min(MOMENT_MS, Math.max(0, taken - Date.parse(run.unroutedSince)));
}

/** Lowers weight and copies at once if a new plan grants less; this waits neither for pods nor for a gateway. */
export function lowerWeight(snapshot: Snapshot): Decision | undefined {
  const { weight } = grantedExposure(snapshot);
  const copies = grantedCopies(snapshot);
  const since = instant(snapshot.now);
  const writes = [...snapshot.shares]
    .filter(([, share]) => share.weight > weight || (share.mirror ?? 0) > copies)
    .map(([route, { mirror = 0, ...share }]) => {
      const kept = mirror > 0 && mirror <= copies ? { mirror } : {};
      const lowered = { ...share, ...kept, weight: Math.min(share.weight, weight), since };
      return writeRoute(route, snapshot.uid, lowered);
    });
  return unlessDone(writes);
}

/** Every parent has accepted the routes as they stand. */
function awaitAccepted(snapshot: Snapshot): Decision | undefined {
  const complaint = answering(snapshot)
    .map((route) => notAccepted(route, snapshot.shares.get(route)))
    .find((reason) => reason !== undefined);
  if (complaint === undefined) return undefined;
  const withdrawn = withdrawUnresolved(snapshot);
  if (withdrawn.length > 0) {
    const trouble = awaitTraffic(snapshot, complaint, undefined);
    // At the deadline this is a rollback, which takes the weight as well.
    return trouble.condition === undefined
      ? trouble
      : { ...trouble, writes: [...withdrawn, ...trouble.writes] };
  }
  const written = [...snapshot.shares.values()].map(({ since }) => Date.parse(since));
  const since = Math.max(stepSince(snapshot), ...written);
  // A share that was in force may have lost its parent at any time since; a new share never had one.
  // Where the user's deadline is short, it may have been over before the loss.
  const momentMs = Math.min(MOMENT_MS, progressDeadlineMs(snapshot.held.originals));
  const isOurs = !isRouted(snapshot) || snapshot.now - since < momentMs;
  return awaitTraffic(snapshot, complaint, isOurs ? since : undefined);
}

/**
 * Takes the weight back while a gateway does not resolve a backend that it resolved before: if that is the canary Service, as
 * after a change of the ReferenceGrant, it answers the canary's share with errors.
 */
function withdrawUnresolved(snapshot: Snapshot) {
  const isUnresolved = answering(snapshot).some((route) => {
    const share = snapshot.shares.get(route);
    const own = Object.entries(share?.canaryServices ?? {}).flat();
    const others = namedIn(route).filter((name) => !own.includes(name));
    // Another backend of a shared route is not the canary's.
    const isOurs = (words: string) => !hasWord(words, others) || hasWord(words, own);
    return refusals(route, share).some((refusal) => refusal.isUnresolved && isOurs(refusal.words));
  });
  return isUnresolved && isRouted(snapshot) ? attach(snapshot, () => NONE) : [];
}

/** Whether the canary had a canary Service in a route and has none now: the route or the user's Service is gone. */
export function isCutOff(snapshot: Snapshot): boolean {
  if (snapshot.lacksServices) return false;
  return snapshot.canaryServices.length > 0 && routedServices(snapshot).length === 0;
}

/**
 * A user has deleted the route or the Service through which the canary got its traffic, or removed the Service from the
 * route. The canary waits without weight, because a recreated Service selects all pods at first.
 */
export function awaitReturn(snapshot: Snapshot): Decision | undefined {
  if (!isCutOff(snapshot)) return undefined;
  const names = snapshot.services.map(({ metadata }) => metadata.name).join(", ");
  const complaint =
    names === "" ? "no Service selects these pods any more" : `no route names Service ${names} any more`;
  return awaitWithoutWeight(snapshot, complaint);
}

/** Takes the canary's weight until what is missing comes, and looks for it often: it carries no label that a watch reports. */
export function awaitWithoutWeight(snapshot: Snapshot, complaint: string): Decision {
  const decision = awaitTraffic(snapshot, complaint, undefined);
  const writes = [
    ...(isolateStable(snapshot)?.writes ?? []),
    ...(snapshot.canaryServices.length > 0 ? attach(snapshot, () => NONE) : []),
    ...decision.writes,
  ];
  return { ...decision, writes, waitMs: LOOK_MS };
}

/** Waits while traffic does not flow as granted, and rolls back at the user's deadline. `known`: since when, in ms. */
export function awaitTraffic(snapshot: Snapshot, complaint: string, known: number | undefined): Decision {
  const deadline = progressDeadlineMs(snapshot.held.originals);
  const condition = { status: "Unknown", reason: "Preparing", message: complaint } as const;
  const noted = snapshot.run?.unroutedSince;
  const since = noted === undefined ? known : Date.parse(noted);
  if (since === undefined)
    return { writes: rewrite(snapshot, { unroutedSince: instant(snapshot.now) }), condition };
  if (snapshot.now - since > deadline) return rollBack(snapshot, `${complaint}, for ${deadline / 1000}s`);
  return { writes: [], condition, waitMs: Math.min(since + deadline + 1000 - snapshot.now, MOMENT_MS) };
}

/** Traffic flows as granted, or waits for something else. */
export function forgetTrouble(snapshot: Snapshot): Decision | undefined {
  const { run } = snapshot;
  if (run?.unroutedSince === undefined) return undefined;
  const { unroutedSince: _since, ...rest } = run;
  return { writes: rewrite(snapshot, {}, rest) };
}
