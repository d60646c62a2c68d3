import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";

const REVISION = "deployment.kubernetes.io/revision";

/**
 * The revision of a ReplicaSet, as `kubectl rollout history` shows it, or of a Deployment at rest; absent until native control
 * has numbered it.
 */
export function revisionOf({ metadata }: Pick<ReplicaSet, "metadata">): string | undefined {
  return metadata.annotations?.[REVISION];
}

/**
 * The revision of the Deployment's template, whose ReplicaSet is `present`. Native control gives a template the revision
 * after the last one when it starts it, also if an old ReplicaSet has that template. Until then the Deployment's annotation
 * still names the version before.
 */
export function revisionInFlight({ metadata }: Deployment, present: ReplicaSet | undefined): string {
  const last = Number(metadata.annotations?.[REVISION] ?? 0);
  const own = Number((present && revisionOf(present)) ?? 0);
  return String(own > 0 && own >= last ? own : last + 1);
}

/** The ReplicaSet with this revision. */
export function findByRevision(
  replicaSets: readonly ReplicaSet[],
  revision: string | undefined,
): ReplicaSet | undefined {
  return replicaSets.find((set) => revision !== undefined && revisionOf(set) === revision);
}
