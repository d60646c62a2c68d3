import type { Write } from "../../kube/core/writes.ts";
import { formatDuration } from "../text/duration.ts";
import { instant } from "../text/instant.ts";
import { isExposed } from "../traffic/exposure.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { withCourse } from "./course.ts";
import { stepSince, unreadySince } from "./health.ts";
import { rewrite } from "./hook-record.ts";
import { isRouted, type Snapshot, stepIndex, stepOf } from "./snapshot.ts";

/**
 * Notes the weight that the canary loses with its last ready pod. A step that had lasted its time has the whole deadline for
 * ready pods again; one that had not goes on counting, because a weight that comes back begins it anew.
 */
export function noteLoss(snapshot: Snapshot): readonly Write[] {
  const { run, held, now, shares } = snapshot;
  if (run?.outcome !== "running" || held.latched || !isRouted(snapshot)) return [];
  const exposed = [...shares.values()].filter(isExposed);
  const since = Math.max(...exposed.map((share) => Date.parse(share.since)));
  const hasLasted = now - since >= leastMs(snapshot);
  return rewrite(snapshot, hasLasted ? { stepSince: instant(now) } : {}, withCourse(snapshot, run));
}

/**
 * Why a step comes to no end: its pods stop being ready again and again before it has lasted its time, as pods do that cannot
 * bear their traffic. No pod is unready for long then, and no request fails. `undefined` while the step may end.
 */
export function unsteady(snapshot: Snapshot): string | undefined {
  const { run, now, held, deployment, pods } = snapshot;
  const hadWeight = run?.course?.at(-1)?.step === stepIndex(snapshot);
  if (!hadWeight || isRouted(snapshot) || deployment.spec.paused) return undefined;
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

function leastMs(snapshot: Snapshot): number {
  const step = stepOf(snapshot);
  return step === undefined || step.kind === "pause" ? 0 : step.leastMs;
}
