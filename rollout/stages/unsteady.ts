import type { Write } from "../../kube/core/writes.ts";
import { formatDuration } from "../text/duration.ts";
import { instant } from "../text/instant.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { withCourse } from "./course.ts";
import type { Decision } from "./decision.ts";
import { stepSince, unreadySince } from "./health.ts";
import { rewrite } from "./hook-record.ts";
import { isRouted, type Snapshot, stepIndex, stepOf } from "./snapshot.ts";

/** Notes the weight that the canary loses with its last ready pod, and since when it had it. */
export function noteLoss(snapshot: Snapshot): readonly Write[] {
  const { run, held } = snapshot;
  if (run?.outcome !== "running" || held.latched || !isRouted(snapshot)) return [];
  return rewrite(snapshot, {}, withCourse(snapshot, run));
}

/**
 * Gives the whole deadline for ready pods again to a step that had lasted its time when its weight was taken; one that had not
 * goes on counting, because a weight that comes back begins it anew. The routes tell when the weight was taken: whatever took it,
 * no note of that instant has to be stored with them.
 */
export function restartDeadline(snapshot: Snapshot): Decision | undefined {
  const { shares } = snapshot;
  const had = weightInStep(snapshot);
  if (had === undefined || isRouted(snapshot)) return undefined;
  const lost = Math.max(...[...shares.values()].map(({ since }) => Date.parse(since)));
  const hasLasted = lost - Date.parse(had.at) >= leastMs(snapshot);
  if (!hasLasted || lost <= stepSince(snapshot)) return undefined;
  return { writes: rewrite(snapshot, { stepSince: instant(lost) }) };
}

/**
 * Why a step comes to no end: its pods stop being ready again and again before it has lasted its time, as pods do that cannot
 * bear their traffic. No pod is unready for long then, and no request fails. `undefined` while the step may end.
 */
export function unsteady(snapshot: Snapshot): string | undefined {
  const { now, held, deployment, pods } = snapshot;
  if (weightInStep(snapshot) === undefined || isRouted(snapshot) || deployment.spec.paused) return undefined;
  const deadline = progressDeadlineMs(held.originals);
  const isLate = (since: number) => now - since > leastMs(snapshot) + deadline;
  // A pod that has just replaced another one says nothing about it.
  const isOld = ({ metadata }: (typeof pods)[number]) =>
    isLate(Date.parse(metadata.creationTimestamp ?? instant(now)));
  const pod = pods.find((one) => isOld(one) && !Number.isNaN(unreadySince(one, snapshot)));
  if (pod === undefined || !isLate(stepSince(snapshot))) return undefined;
  const lasted = `the step has not lasted ${formatDuration(leastMs(snapshot))}`;
  return `pod ${pod.metadata.name} stopped being ready again and again: ${lasted} within progressDeadlineSeconds (${deadline / 1000}s)`;
}

/** The last weight that the record knows, if the canary had it in the present step. */
function weightInStep(snapshot: Snapshot) {
  const last = snapshot.run?.course?.at(-1);
  return last?.step === stepIndex(snapshot) ? last : undefined;
}

function leastMs(snapshot: Snapshot): number {
  const step = stepOf(snapshot);
  return step === undefined || step.kind === "pause" ? 0 : step.leastMs;
}
