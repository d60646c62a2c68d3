import type { ReplicaSet } from "../../kube/core/workloads.ts";

const REVISION = "deployment.kubernetes.io/revision";

/** The ReplicaSet's revision, as `kubectl rollout history` shows it; absent until native control has numbered it. */
export function revisionOf({ metadata }: ReplicaSet): string | undefined {
  return metadata.annotations?.[REVISION];
}

/** The ReplicaSet with this revision. */
export function findByRevision(
  replicaSets: readonly ReplicaSet[],
  revision: string | undefined,
): ReplicaSet | undefined {
  return replicaSets.find((set) => revision !== undefined && revisionOf(set) === revision);
}
