import { progressDeadlineMs } from "./hold.ts";
import { type Condition, type ContainerStatus, conditionOf, type Pod } from "./objects.ts";
import { recordOf, type Seen } from "./seen.ts";

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
  const late = seen.pods.find(
    (pod) => !isReady(pod) && seen.now - Date.parse(pod.metadata.creationTimestamp ?? "") > deadline,
  );
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
  const waiting = seen.pods
    .filter((pod) => !isReady(pod))
    .map((pod) => Date.parse(pod.metadata.creationTimestamp ?? ""));
  const next = [since, ...waiting].map(
    (from) => from + progressDeadlineMs(seen.held.originals) + 1000 - seen.now,
  );
  return Math.min(...next.filter((ms) => ms > 0), 60_000);
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

/** In ms. */
function stepSince(seen: Seen): number {
  return Date.parse(recordOf(seen)?.stepSince ?? seen.held.started);
}

/** Whether the pod is Ready and stays. */
export function isReady(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined &&
    conditionOf(pod.status?.conditions, "Ready")?.status === "True"
  );
}

function containersOf(pod: Pod): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}
