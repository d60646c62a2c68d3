import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { hashOf } from "../../rollout/workload/template.ts";

const sizeOf = ({ spec }: ReplicaSet) => spec.replicas ?? 0;

/**
 * Notes which versions may have all requests without a verdict: those that native control began or took up again, and those
 * that have been stable. A version that gets its first pods in a canary's hold is not one of them any more.
 */
export function noteBegun(
  begun: Set<string>,
  deployment: Deployment,
  before: readonly ReplicaSet[],
  after: readonly ReplicaSet[],
): void {
  const held = holdRecordOf(deployment);
  const isNative = held === undefined || held.lost || held.phase === "promoting";
  const running = new Set(before.filter((set) => sizeOf(set) > 0).map(({ metadata }) => metadata.name));
  for (const set of after) {
    const { name } = set.metadata;
    const begins = sizeOf(set) > 0 && !running.has(name);
    // A stable version whose ReplicaSet was deleted comes back without a record.
    if (hashOf(set) === held?.stable || (begins && isNative)) begun.add(name);
    else if (begins) begun.delete(name);
  }
}
