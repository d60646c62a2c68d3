import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { ContainerStatus, Pod } from "../../kube/core/workloads.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { recordOf, type Seen } from "./snapshot.ts";

/** Reasons of a waiting container that no patience mends. */
const HOPELESS = new Set(["CrashLoopBackOff", "ImagePullBackOff", "InvalidImageName"]);

/** Why the canary's pods will not do, as a sentence; `undefined` while there is hope. */
export function unhealthy(seen: Seen): string | undefined {
  for (const pod of seen.pods) {
    const container = containersOf(pod).find((status) => HOPELESS.has(status.state?.waiting?.reason ?? ""));
    if (container === undefined) continue;
    const { reason, message } = container.state?.waiting ?? {};
    const restarts = container.restartCount ? ` after ${container.restartCount} restarts` : "";
    return `pod ${pod.metadata.name}: container ${container.name} is in ${reason}${restarts}${message ? `: ${message}` : ""}`;
  }
  return undefined;
}

/** Why the canary has not become ready in the time that the Deployment's own progressDeadlineSeconds gives. */
export function overdue(seen: Seen, wanted: number): string | undefined {
  const deadline = progressDeadlineMs(seen.held.originals);
  const within = `within progressDeadlineSeconds (${deadline / 1000}s)`;
  const late = seen.pods.find((pod) => seen.now - unreadySince(pod) > deadline);
  if (late !== undefined) return `pod ${late.metadata.name} did not become ready ${within}`;
  // A pod that is missing only because it is being replaced is no failure, however old the step is.
  const failure = failureOf(seen);
  if (seen.pods.length >= wanted || failure === undefined) return undefined;
  const since = Math.max(stepSince(seen), Date.parse(failure.lastTransitionTime ?? ""));
  if (seen.now - since <= deadline) return undefined;
  return `only ${seen.pods.length} of ${wanted} canary pods were created ${within}${refusal(seen)}`;
}

/** When `overdue` may have something to say, in ms from now. */
export function deadlineIn(seen: Seen): number {
  const refused = Date.parse(failureOf(seen)?.lastTransitionTime ?? "");
  const since = Number.isNaN(refused) ? stepSince(seen) : Math.max(stepSince(seen), refused);
  const next = [since, ...seen.pods.map(unreadySince)].map(
    (from) => from + progressDeadlineMs(seen.held.originals) + 1000 - seen.now,
  );
  return Math.min(...next.filter((ms) => ms > 0), 60_000);
}

/**
 * Since when (ms) the pod has not been ready: one that was has its time anew, as when its node is lost, however old it is. NaN
 * if it is ready, or is going, when another one takes its place.
 */
function unreadySince({ metadata, status }: Pod): number {
  const ready = conditionOf(status?.conditions, "Ready");
  if (metadata.deletionTimestamp !== undefined || ready?.status === "True") return Number.NaN;
  const created = Date.parse(metadata.creationTimestamp ?? "");
  return Math.max(created, Date.parse(ready?.lastTransitionTime ?? "") || created);
}

/** What the API server said when it refused pods (a quota, say). */
export function refusal(seen: Seen): string {
  const failure = failureOf(seen);
  return failure === undefined ? "" : `: ${failure.message}`;
}

function failureOf(seen: Seen): Condition | undefined {
  const failure = conditionOf(seen.canary?.status?.conditions, "ReplicaFailure");
  return failure?.status === "True" ? failure : undefined;
}

/** When the present step was granted, in ms. */
export function stepSince(seen: Seen): number {
  return Date.parse(recordOf(seen)?.stepSince ?? seen.held.started);
}

function containersOf(pod: Pod): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}
