import { controllerOf, withoutManagedFields } from "../core/meta.ts";
import { replicaSets } from "../core/resources.ts";
import { formatSelector } from "../core/selector.ts";
import type { Deployment, ReplicaSet } from "../core/workloads.ts";
import type { Kube } from "./api.ts";
import { listNamespace } from "./namespace-list.ts";

/**
 * The Deployment's own ReplicaSets, read from the API server: its selector finds them, and it is their controller. `pick` reduces
 * each (by default: without managedFields).
 */
export async function listReplicaSets(
  kube: Pick<Kube, "list">,
  { metadata, spec }: Deployment,
  pick: (set: ReplicaSet) => ReplicaSet = withoutManagedFields,
): Promise<readonly ReplicaSet[]> {
  const { uid } = metadata;
  const items = await listSelected(kube, { metadata, spec }, pick);
  return items.filter((set) => uid !== undefined && controllerOf(set) === uid);
}

/** The ReplicaSets that a Deployment would adopt: its selector finds them, and they have no controller. */
export async function listLeft(
  kube: Pick<Kube, "list">,
  deployment: Pick<Deployment, "metadata" | "spec">,
  pick: (set: ReplicaSet) => ReplicaSet = withoutManagedFields,
): Promise<readonly ReplicaSet[]> {
  const items = await listSelected(kube, deployment, pick);
  return items.filter((set) => controllerOf(set) === undefined);
}

async function listSelected(
  kube: Pick<Kube, "list">,
  { metadata: { namespace }, spec }: Pick<Deployment, "metadata" | "spec">,
  pick: (set: ReplicaSet) => ReplicaSet,
): Promise<readonly ReplicaSet[]> {
  const labelSelector = formatSelector(spec.selector);
  return listNamespace<ReplicaSet>(kube, replicaSets, { namespace, labelSelector }, pick);
}
