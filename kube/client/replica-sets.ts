import { controllerOf } from "../core/meta.ts";
import { replicaSets } from "../core/resources.ts";
import { formatSelector } from "../core/selector.ts";
import type { Deployment, ReplicaSet } from "../core/workloads.ts";
import type { Kube } from "./api.ts";
import { listNamespace } from "./namespace-list.ts";

/** The Deployment's own ReplicaSets, read from the API server: its selector finds them, and it is their controller. */
export async function listReplicaSets(
  kube: Pick<Kube, "list">,
  { metadata, spec }: Deployment,
): Promise<readonly ReplicaSet[]> {
  const { namespace, uid } = metadata;
  const labelSelector = formatSelector(spec.selector);
  const found = await listNamespace<ReplicaSet>(kube, replicaSets, { namespace, labelSelector });
  return found.filter((set) => uid !== undefined && controllerOf(set) === uid);
}
