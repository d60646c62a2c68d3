import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { HoldRecord } from "./hold-record.ts";

/** Whether the stable version's ReplicaSet is gone although the rollout needs it. A promotion does not. */
export function isStableGone({ phase }: Pick<HoldRecord, "phase">, stable: ReplicaSet | undefined): boolean {
  return phase !== "promoting" && stable === undefined;
}
