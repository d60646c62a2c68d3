import { conditionOf } from "../../kube/core/meta.ts";
import type { ContainerStatus, Pod, Terminated } from "../../kube/core/workloads.ts";

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
  const ended = lastState?.terminated === undefined ? "" : `; it ${describeExit(lastState.terminated)}`;
  return `container ${name} is in ${reason}${restarts}${message ? `: ${message}` : ""}${ended}`;
}

/** How the container ended, if it does not wait for its next start: it has just ended, or runs again and is not ready yet. */
function describeRestart({
  name,
  ready,
  state,
  restartCount,
  lastState,
}: ContainerStatus): string | undefined {
  // An init container that has done its work is ready.
  if (ready) return undefined;
  if (state?.terminated !== undefined) return `container ${name} ${describeExit(state.terminated)}`;
  if (!restartCount || lastState?.terminated === undefined) return undefined;
  const times = restartCount === 1 ? "once" : `${restartCount} times`;
  return `container ${name} has restarted ${times}; it ${describeExit(lastState.terminated)}`;
}

/** The exit codes of a program that SIGKILL or SIGTERM ended. */
const KILLED: ReadonlySet<number> = new Set([137, 143]);

function describeExit({ exitCode, reason }: Terminated): string {
  const killed =
    KILLED.has(exitCode) && reason === "Error"
      ? ": something killed it, as the kubelet does after a failed liveness probe"
      : "";
  return `ended with exit code ${exitCode}${reason ? ` (${reason})` : ""}${killed}`;
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

function unready(pod: Pod): string | undefined {
  const [ready, containers] = ["Ready", "ContainersReady"].map((type) =>
    conditionOf(pod.status?.conditions, type),
  );
  if (ready?.status === "True") return undefined;
  const restart = containersOf(pod)
    .map(describeRestart)
    .find((told) => told !== undefined);
  const told = [ready?.message, restart].filter((text) => text);
  if (told.length > 0) return told.join("; ");
  // Native control takes the pod's readiness, without a word, when it has not heard of the node for a while.
  return ready !== undefined && containers?.status === "True"
    ? "its node does not report, and its containers were ready before"
    : undefined;
}
