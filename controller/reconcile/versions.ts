import type { Kube } from "../../kube/client/api.ts";
import { listNamespace } from "../../kube/client/namespace-list.ts";
import { replicaSets } from "../../kube/core/resources.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { type Versions, versionsSelector } from "../../rollout/cleanup/grace.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";
import { hashOf } from "../../rollout/workload/template.ts";

/**
 * The ReplicaSets of these versions as the API server stores them now: Serin follows only those with its mark. Without a
 * version, it sends no request.
 */
export async function readVersions(
  kube: Pick<Kube, "list">,
  namespace: string,
  hashes: ReadonlySet<string>,
): Promise<Versions> {
  if (hashes.size === 0) return { namespace, hashes, replicaSets: [] };
  const where = { namespace, labelSelector: versionsSelector(hashes) };
  const found = await listNamespace<ReplicaSet>(kube, replicaSets, where, lean);
  return { namespace, hashes, replicaSets: found };
}

/** The version, its controller and the number of its pods. Tenants decide how long the rest is. */
function lean(set: ReplicaSet): ReplicaSet {
  const { name, namespace, deletionTimestamp, ownerReferences = [] } = set.metadata;
  return {
    metadata: {
      name,
      labels: { [HASH_LABEL]: hashOf(set) },
      ...(namespace !== undefined && { namespace }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ownerReferences: ownerReferences.filter(({ controller }) => controller).slice(0, 1),
    },
    spec: { ...(set.spec.replicas !== undefined && { replicas: set.spec.replicas }), template: {} },
    ...(set.status?.replicas !== undefined && { status: { replicas: set.status.replicas } }),
  };
}
