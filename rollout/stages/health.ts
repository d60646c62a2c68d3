import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { ContainerStatus, Pod } from "../../kube/core/workloads.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { containersOf, describeEnd, describeWaiting, podReason } from "./pod-reason.ts";
import { isRouted, type Snapshot } from "./snapshot.ts";

/** The reason of a container whose image has no valid name: no later try can differ. */
const HOPELESS = "InvalidImageName";
/** The reason of a container that waits for its next start after it has ended several times. */
const LOOPS = "CrashLoopBackOff";

/** The restarts of a looping pod that end the rollout, before the canary has traffic and while it has some. */
const MOST_RESTARTS = { before: 3, exposed: 2 };

/**
 * Why the canary's pods cannot become ready, as a sentence; `undefined` while they may. A pod may heal: its image may be
 * pulled a minute later, and what it needs may come up. So only several restarts of this rollout count, and only while all
 * stable pods are well. All else is left to the deadline.
 */
export function unhealthy(snapshot: Snapshot): string | undefined {
  for (const pod of snapshot.pods) {
    const container = containersOf(pod).find((container) => {
      const reason = container.state?.waiting?.reason;
      return reason === HOPELESS || (reason === LOOPS && isLooping(snapshot, pod, container));
    });
    const told = container && describeWaiting(container);
    if (told !== undefined) return `pod ${pod.metadata.name}: ${told}`;
  }
  return undefined;
}

/** Each container counts alone: an init container may have waited for something, which is not a fault of the next one. */
function isLooping(snapshot: Snapshot, pod: Pod, container: ContainerStatus): boolean {
  const { spec, status } = snapshot.stable ?? {};
  if ((status?.readyReplicas ?? 0) < (spec?.replicas ?? 0)) return false;
  const { restarts = {} } = snapshot.run ?? {};
  // An earlier Serin counted the restarts of a pod together.
  const before = restarts[keyOf(pod, container)] ?? restarts[pod.metadata.name] ?? 0;
  const most = MOST_RESTARTS[isRouted(snapshot) ? "exposed" : "before"];
  return (container.restartCount ?? 0) - before >= most;
}

/** `pod/container` → its restarts before the rollout: a retry judges the pod that the failure left from now on. */
export function restartsBefore({ held, pods }: Snapshot): Readonly<Record<string, number>> {
  // The API server cuts a pod's creation to whole seconds.
  const begun = Date.parse(held.started) - 1_000;
  const old = pods.filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") < begun);
  const counted = old.flatMap((pod) =>
    containersOf(pod).map((container) => [keyOf(pod, container), container.restartCount ?? 0] as const),
  );
  return Object.fromEntries(counted.filter(([, restarts]) => restarts > 0));
}

function keyOf({ metadata }: Pod, { name }: ContainerStatus): string {
  return `${metadata.name}/${name}`;
}

/** Why the canary has not become ready in the time that the Deployment's own progressDeadlineSeconds gives. */
export function overdue(snapshot: Snapshot, wanted: number): string | undefined {
  const deadline = progressDeadlineMs(snapshot.held.originals);
  const within = `within progressDeadlineSeconds (${deadline / 1000}s)`;
  const late = snapshot.pods.find((pod) => snapshot.now - unreadySince(pod, snapshot) > deadline);
  if (late !== undefined) return `pod ${late.metadata.name} did not become ready ${within}${podReason(late)}`;
  // A pod that is missing only because it is being replaced is not a failure, however old the step is.
  const failure = failureOf(snapshot);
  // A quota counts a pod that goes, also one that a lost node keeps from going.
  const present = snapshot.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
  if (present >= wanted || failure === undefined) return undefined;
  const since = Math.max(stepSince(snapshot), Date.parse(failure.lastTransitionTime ?? ""));
  if (snapshot.now - since <= deadline) return undefined;
  return `only ${present} of ${wanted} canary pods were created ${within}${refusal(snapshot)}`;
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
  const from = snapshot.pods.flatMap((pod) => [unreadySince(pod, snapshot), readySince(pod)]);
  const next = [since, ...from].map(
    (from) => from + progressDeadlineMs(snapshot.held.originals) + 1000 - snapshot.now,
  );
  return Math.min(...next.filter((ms) => ms > 0), 60_000);
}

/**
 * Since when the pod has been unready in this step, in ms. A pod that was ready before gets a full deadline again, for example
 * after its node is lost; so does one that a retry judges again. NaN if the pod is ready or terminating.
 */
export function unreadySince({ metadata, status }: Pod, snapshot: Snapshot): number {
  const ready = conditionOf(status?.conditions, "Ready");
  if (metadata.deletionTimestamp !== undefined || ready?.status === "True") return Number.NaN;
  const created = Date.parse(metadata.creationTimestamp ?? "");
  const changed = Date.parse(ready?.lastTransitionTime ?? "") || created;
  return Math.max(created, changed, stepSince(snapshot));
}

/**
 * `: ` and why pods are missing or not ready: the API server's reason for refusing one, or that of an unready pod, and how the
 * last pod that this step has lost went.
 */
export function shortage(snapshot: Snapshot): string {
  if (failureOf(snapshot) !== undefined) return refusal(snapshot);
  const pod = snapshot.pods.find((one) => !Number.isNaN(unreadySince(one, snapshot)));
  const reason = pod === undefined ? "" : podReason(pod);
  const told = reason === "" ? [] : [`pod ${pod?.metadata.name}${reason}`];
  const lost = lastLost(snapshot);
  const all = lost === undefined ? told : [...told, describeEnd(lost)];
  return all.length === 0 ? "" : `: ${all.join("; ")}`;
}

/** The canary's pod that the present step lost last: it has ended, as by an eviction, or is being deleted, as by a preemption. */
export function lastLost(snapshot: Snapshot): Pod | undefined {
  const going = snapshot.pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return [...(snapshot.endedPods ?? []), ...going]
    .filter((pod) => lostAt(pod) >= stepSince(snapshot))
    .toSorted((a, b) => lostAt(b) - lostAt(a))[0];
}

/**
 * When the pod was lost, in ms: native control has replaced it at the latest when its deletion was to be done, and one that
 * has ended is not ready since then. A pod that the kubelet refused never had a condition.
 */
function lostAt({ metadata, status }: Pod): number {
  if (metadata.deletionTimestamp !== undefined) return Date.parse(metadata.deletionTimestamp);
  const ready = conditionOf(status?.conditions, "Ready")?.lastTransitionTime;
  return Date.parse(ready ?? metadata.creationTimestamp ?? "");
}

/** The reason of the API server for refusing pods, for example a quota. */
function refusal(snapshot: Snapshot): string {
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
