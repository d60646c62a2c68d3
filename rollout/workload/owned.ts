import { controllerOf } from "../../kube/core/meta.ts";
import { formatSelector, predicateOf } from "../../kube/core/selector.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";

/**
 * Whether native control takes the ReplicaSet for the Deployment's: its controller is the Deployment, or it has none and the
 * selector finds it. Then native control adopts it within a moment, so a ReplicaSet that somebody released is not lost.
 */
export function isOwned(replicaSet: ReplicaSet, { metadata, spec }: Deployment): boolean {
  const controller = controllerOf(replicaSet);
  if (controller !== undefined) return controller === metadata.uid;
  const { namespace } = metadata;
  return predicateOf({ namespace, labelSelector: formatSelector(spec.selector) })(replicaSet);
}
