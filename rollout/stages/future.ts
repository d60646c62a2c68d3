import { CLOCK_SKEW_MS, instant } from "../text/instant.ts";
import { writeRoute } from "../traffic/writes.ts";
import { type Decision, unlessDone } from "./decision.ts";
import { rewrite } from "./hook-record.ts";
import type { Snapshot } from "./snapshot.ts";

/** The instants of a run record from which a stage counts a time. */
const INSTANTS = [
  "stepSince",
  "inForceSince",
  "judgedSince",
  "detached",
  "unansweredSince",
  "unroutedSince",
] as const;

/**
 * Replaces instants of the rollout's records that lie further ahead than clocks differ: they are now. The owners of routes
 * and ReplicaSets can write any instant, and until it came the canary would not be judged, nor its traffic in force.
 */
export function correctFuture(snapshot: Snapshot): Decision | undefined {
  const { now, shares, run, uid } = snapshot;
  const isFuture = (at: string | undefined) => at !== undefined && Date.parse(at) > now + CLOCK_SKEW_MS;
  const since = instant(now);
  const routes = [...shares].filter(([, { since, undo }]) => isFuture(since) || isFuture(undo?.at));
  const wrong = INSTANTS.filter((name) => isFuture(run?.[name]));
  const writes = [
    ...routes.map(([route, { undo, ...share }]) =>
      writeRoute(route, uid, { ...share, since, ...(undo && { undo: { ...undo, at: since } }) }),
    ),
    ...(wrong.length === 0 ? [] : rewrite(snapshot, Object.fromEntries(wrong.map((name) => [name, since])))),
  ];
  return unlessDone(writes);
}
