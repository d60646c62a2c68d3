import type { Pod } from "../../kube/core/workloads.ts";
import { type Comparison, type ComparisonOptions, foldComparison, noComparison } from "./comparison.ts";
import type { Tick } from "./tick.ts";

/**
 * Container restarts, compared by exposure: x = restarts, n = pod-seconds. They show crashes that requests do not show: a
 * gateway counts no crash while no request waits, and an application's metrics are lost with its process.
 */
export interface Restarts {
  readonly at: number;
  /** Pod → its restarts at `at`. Pods that had not restarted are left out. */
  readonly counted: Readonly<Record<string, number>>;
  /** Canary pod → its restarts since the canary got traffic. */
  readonly pods: Readonly<Record<string, number>>;
  readonly comparison: Comparison;
}

/** The pods of both versions, as they are now. */
export interface PodsOf {
  readonly canary: readonly Pod[];
  readonly stable: readonly Pod[];
}

/** The start. Restarts before the canary got traffic do not count. */
export function noRestarts(pods: PodsOf, at: number): Restarts {
  return { at, counted: countedOf(all(pods)), pods: {}, comparison: noComparison(at) };
}

/** Adds the restarts since the last reading. */
export function foldRestarts(
  before: Restarts,
  pods: PodsOf,
  at: number,
  options: ComparisonOptions,
): Restarts {
  if (at <= before.at) return before;
  const of = (arm: readonly Pod[]) => {
    const restarts = arm.reduce((sum, pod) => sum + added(pod, before), 0);
    return [restarts, exposure(arm, before.at, at)] as const;
  };
  const tick: Tick = [...of(pods.canary), ...of(pods.stable)];
  const more = pods.canary.flatMap((pod) => {
    const { name } = pod.metadata;
    const restarts = added(pod, before);
    return restarts > 0 ? [[name, (before.pods[name] ?? 0) + restarts] as const] : [];
  });
  return {
    at,
    counted: { ...before.counted, ...countedOf(all(pods)) },
    pods: { ...before.pods, ...Object.fromEntries(more) },
    comparison: foldComparison(before.comparison, tick, { at, part: "none", isUsual: true }, options),
  };
}

/**
 * How often the containers of a pod were restarted, as `kubectl get pods` counts: its sidecars, too, which are init containers
 * that run on. Another init container has ended before the pod serves, and may have waited for something by its restarts.
 */
export function restartsOf({ spec, status }: Pod): number {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const names = new Set(sidecars.map(({ name }) => name));
  const running = (status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name));
  return [...(status?.containerStatuses ?? []), ...running].reduce(
    (sum, { restartCount = 0 }) => sum + restartCount,
    0,
  );
}

function countedOf(pods: readonly Pod[]): Record<string, number> {
  const restarted = pods.flatMap((pod) =>
    restartsOf(pod) > 0 ? [[pod.metadata.name, restartsOf(pod)] as const] : [],
  );
  return Object.fromEntries(restarted);
}

function all({ canary, stable }: PodsOf): readonly Pod[] {
  return [...canary, ...stable];
}

function added(pod: Pod, { counted }: Restarts): number {
  return Math.max(0, restartsOf(pod) - (counted[pod.metadata.name] ?? 0));
}

/** Pod-seconds between two instants. */
function exposure(pods: readonly Pod[], from: number, to: number): number {
  return pods.reduce((sum, pod) => {
    const born = Date.parse(pod.metadata.creationTimestamp ?? "") || from;
    return sum + Math.max(0, to - Math.max(from, born)) / 1000;
  }, 0);
}
