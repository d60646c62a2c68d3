import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { ContainerStatus, Pod } from "../../kube/core/workloads.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import type { Snapshot } from "./snapshot.ts";

/** Reasons of a waiting container that waiting longer does not mend. */
const HOPELESS = new Set(["CrashLoopBackOff", "ImagePullBackOff", "InvalidImageName"]);

/** Why the canary's pods cannot become ready, as a sentence; `undefined` while they may. */
export function unhealthy(snapshot: Snapshot): string | undefined {
  for (const pod of snapshot.pods) {
    const container = containersOf(pod).find((status) => HOPELESS.has(status.state?.waiting?.reason ?? ""));
    if (container === undefined) continue;
    const { reason, message } = container.state?.waiting ?? {};
    const restarts = container.restartCount ? ` after ${container.restartCount} restarts` : "";
    return `pod ${pod.metadata.name}: container ${container.name} is in ${reason}${restarts}${message ? `: ${message}` : ""}`;
  }
  return undefined;
}

/** Why the canary has not become ready in the time that the Deployment's own progressDeadlineSeconds gives. */
export function overdue(snapshot: Snapshot, wanted: number): string | undefined {
  const deadline = progressDeadlineMs(snapshot.held.originals);
  const within = `within progressDeadlineSeconds (${deadline / 1000}s)`;
  const late = snapshot.pods.find((pod) => snapshot.now - unreadySince(pod) > deadline);
  if (late !== undefined) return `pod ${late.metadata.name} did not become ready ${within}`;
  // A pod that is missing only because it is being replaced is not a failure, however old the step is.
  const failure = failureOf(snapshot);
  if (snapshot.pods.length >= wanted || failure === undefined) return undefined;
  const since = Math.max(stepSince(snapshot), Date.parse(failure.lastTransitionTime ?? ""));
  if (snapshot.now - since <= deadline) return undefined;
  return `only ${snapshot.pods.length} of ${wanted} canary pods were created ${within}${refusal(snapshot)}`;
}

/** Why the canary has not got endpoints in that time, although its pods are ready: they lack this port. */
export function portOverdue(snapshot: Snapshot, lacking: string): string | undefined {
  const deadline = progressDeadlineMs(snapshot.held.originals);
  const since = Math.max(
    stepSince(snapshot),
    ...snapshot.pods.map(readySince).filter((at) => !Number.isNaN(at)),
  );
  return snapshot.now - since > deadline
    ? `${lacking}, for progressDeadlineSeconds (${deadline / 1000}s)`
    : undefined;
}

/** When the pod became ready, in ms; NaN if it is not ready. */
function readySince({ status }: Pod): number {
  const ready = conditionOf(status?.conditions, "Ready");
  return ready?.status === "True" ? Date.parse(ready.lastTransitionTime ?? "") : Number.NaN;
}

/** When `overdue` may find something, in ms from now. */
export function deadlineIn(snapshot: Snapshot): number {
  const refused = Date.parse(failureOf(snapshot)?.lastTransitionTime ?? "");
  const since = Number.isNaN(refused) ? stepSince(snapshot) : Math.max(stepSince(snapshot), refused);
  const next = [since, ...snapshot.pods.flatMap((pod) => [unreadySince(pod), readySince(pod)])].map(
    (from) => from + progressDeadlineMs(snapshot.held.originals) + 1000 - snapshot.now,
  );
  return Math.min(...next.filter((ms) => ms > 0), 60_000);
}

/**
 * When the pod last became unready, in ms. A pod that was ready before gets a full deadline again, for example after its node
 * is lost. NaN if the pod is ready or terminating.
 */
function unreadySince({ metadata, status }: Pod): number {
  const ready = conditionOf(status?.conditions, "Ready");
  if (metadata.deletionTimestamp !== undefined || ready?.status === "True") return Number.NaN;
  const created = Date.parse(metadata.creationTimestamp ?? "");
  return Math.max(created, Date.parse(ready?.lastTransitionTime ?? "") || created);
}

/** The reason of the API server for refusing pods, for example a quota. */
export function refusal(snapshot: Snapshot): string {
  const failure = failureOf(snapshot);
  return failure === undefined ? "" : `: ${failure.message}`;
}

function failureOf(snapshot: Snapshot): Condition | undefined {
  const failure = conditionOf(snapshot.canary?.status?.conditions, "ReplicaFailure");
  return failure?.status === "True" ? failure : undefined;
}

/** When the present step was granted, in ms. */
export function stepSince(snapshot: Snapshot): number {
  return Date.parse(snapshot.run?.stepSince ?? snapshot.held.started);
}

function containersOf(pod: Pod): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}
