import type { Kube } from "../kube/client/api.ts";
import { ListTooLong } from "../kube/client/namespace-list.ts";
import { listReplicaSets } from "../kube/client/replica-sets.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import { isOptedIn } from "../rollout/plan/plan.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { leanReplicaSet } from "../rollout/workload/lean-replica-set.ts";
import { hashOf } from "../rollout/workload/template.ts";

/** The Deployment's own ReplicaSets, as the API server stores them now. */
export interface OwnVersions {
  readonly replicaSets: readonly ReplicaSet[];
  /** Why only the stable version has a template: all of them are too long together. Absent: each has its own. */
  readonly tooLong?: ListTooLong;
}

/**
 * Reads the versions for the answer to a new template; none if the Deployment is neither opted in nor in flight. However long
 * they are, a user must be able to go back, and for that the stable version's template suffices.
 */
export async function readOwnVersions(
  kube: Kube,
  requested: Deployment,
  old: Deployment,
): Promise<OwnVersions> {
  const held = holdRecordOf(old);
  if (held === undefined && !isOptedIn(requested.metadata.annotations)) return { replicaSets: [] };
  try {
    return { replicaSets: await listReplicaSets(kube, old, leanReplicaSet) };
  } catch (error) {
    if (held === undefined || !(error instanceof ListTooLong)) throw error;
    const pick = (set: ReplicaSet): ReplicaSet => {
      const lean = leanReplicaSet(set);
      return hashOf(set) === held.stable ? lean : { ...lean, spec: { ...lean.spec, template: {} } };
    };
    return { replicaSets: await listReplicaSets(kube, old, pick), tooLong: error };
  }
}
