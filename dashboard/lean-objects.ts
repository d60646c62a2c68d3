import { type KubeObject, withoutManagedFields } from "../kube/core/meta.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import { isOptedIn } from "../rollout/plan/plan.ts";
import { pastOf } from "../rollout/view/history.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import type { EndedRollout } from "./api.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** A version whose last rollout has ended: what its record says, in place of the ReplicaSet. */
export interface EndedVersion extends KubeObject {
  /** Absent: the record is not valid, or the ReplicaSet has no owner. */
  readonly past?: EndedRollout;
}

/** Whether Serin has something to do with the Deployment. */
export function isOfSerin(deployment: Pick<Deployment, "metadata">): boolean {
  return isOptedIn(deployment.metadata.annotations) || holdRecordOf(deployment) !== undefined;
}

/** Keeps of a Deployment without Serin its name only: the API server cannot select by an annotation. */
export function leanDeployment(deployment: Deployment): Deployment {
  const { apiVersion, kind, metadata } = deployment;
  if (!isOfSerin(deployment)) {
    const { name, namespace, uid, resourceVersion } = metadata;
    const kept = { name, ...(namespace && { namespace }), ...(uid && { uid }) };
    const spec = { selector: {}, template: {} };
    return { metadata: { ...kept, ...(resourceVersion && { resourceVersion }) }, spec };
  }
  const { [LAST_APPLIED]: _applied, ...annotations } = metadata.annotations ?? {};
  const whole = withoutManagedFields(deployment);
  return {
    ...whole,
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata: { ...whole.metadata, annotations },
  };
}

/** Keeps of a ReplicaSet the record of its last rollout, read once. */
export function leanEnded(set: ReplicaSet): EndedVersion {
  const { name, namespace = "", uid, resourceVersion, labels, ownerReferences } = set.metadata;
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  const past = pastOf(set);
  return {
    metadata: {
      name,
      namespace,
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(labels && { labels }),
      ...(ownerReferences && { ownerReferences }),
    },
    ...(owner && past.ended !== undefined && { past: { ...past, namespace, name: owner.name } }),
  };
}
