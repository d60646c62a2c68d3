import { conditionOf } from "../../kube/core/meta.ts";
import type { ContainerStatus, Pod } from "../../kube/core/workloads.ts";

/** The most characters of another program's message that Serin repeats. */
const LONGEST = 300;

/** `: ` and why the pod is not ready, in the scheduler's or the kubelet's own words; empty if they gave no reason. */
export function podReason(pod: Pod): string {
  const reason = unscheduled(pod) ?? waiting(pod) ?? unready(pod);
  return reason === undefined ? "" : `: ${cut(reason)}`;
}

function cut(reason: string): string {
  return reason.length > LONGEST ? `${reason.slice(0, LONGEST)}…` : reason;
}

/** Whether the pod has ended for good, as after an eviction. Native control has replaced it and does not count it either. */
export function isOver({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

/**
 * How the pod has ended for good or why it goes, in the words of Kubernetes: evicted, preempted, refused, or stopped with its
 * node. The scheduler and the API server write them only as a condition.
 */
export function describeEnd(pod: Pod): string {
  const { metadata, status } = pod;
  const disruption = conditionOf(status?.conditions, "DisruptionTarget");
  const { reason, message } =
    status?.reason === undefined && disruption?.status === "True" ? disruption : (status ?? {});
  const said = [reason, message].filter((text) => text).join(": ");
  const what = isOver(pod) ? "has ended" : "is being deleted";
  return `pod ${metadata.name} ${what}${said === "" ? "" : `: ${cut(said)}`}`;
}

/** The container in the words of the kubelet; `undefined` while it does not wait. */
export function describeWaiting({
  name,
  state,
  restartCount,
  lastState,
}: ContainerStatus): string | undefined {
  const { reason, message } = state?.waiting ?? {};
  if (reason === undefined) return undefined;
  const restarts = restartCount ? ` after ${restartCount} restarts` : "";
  const { reason: end, exitCode } = lastState?.terminated ?? {};
  const ended =
    exitCode === undefined ? "" : `; it ended with exit code ${exitCode}${end ? ` (${end})` : ""}`;
  return `container ${name} is in ${reason}${restarts}${message ? `: ${message}` : ""}${ended}`;
}

/** All containers of the pod; the init containers run first. */
export function containersOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function unscheduled({ status }: Pod): string | undefined {
  const scheduled = conditionOf(status?.conditions, "PodScheduled");
  if (scheduled?.status !== "False") return undefined;
  const isGated = scheduled.reason === "SchedulingGated";
  const what = isGated ? "its scheduling gates keep it from the scheduler" : "the scheduler finds no node";
  return `${what}${scheduled.message ? `: ${scheduled.message}` : ""}`;
}

/** A container waits in PodInitializing for an init container, which knows more. */
function waiting(pod: Pod): string | undefined {
  const all = containersOf(pod).filter(({ state }) => state?.waiting !== undefined);
  const first = all.find(({ state }) => !PASSIVE.has(state?.waiting?.reason ?? "")) ?? all[0];
  const told = first && describeWaiting(first);
  // What keeps it there, such as a volume, stands only in the pod's Events.
  const more = first?.state?.waiting?.reason === CREATING && !first.state.waiting.message;
  return told && more ? `${told}; kubectl describe pod/${pod.metadata.name} says more` : told;
}

const CREATING = "ContainerCreating";
const PASSIVE: ReadonlySet<string> = new Set([CREATING, "PodInitializing"]);

function unready({ status }: Pod): string | undefined {
  const ready = conditionOf(status?.conditions, "Ready");
  return ready?.status === "True" ? undefined : ready?.message;
}
