import { controllerOf } from "../../kube/core/meta.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT } from "../keys.ts";
import { MIN_READY_SECONDS } from "../workload/hold.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { hashOf } from "../workload/template.ts";

/** An unproven canary with pods whose Deployment was deleted without it (`--cascade=orphan`), and not another one's version. */
export function isStray(set: ReplicaSet): boolean {
  const run = lastRunOf(set);
  const isUnproven = run?.outcome === "running" || run?.outcome === "failed";
  const isOwned = controllerOf(set) === rolloutUidOf(set);
  const pods = Math.max(set.spec.replicas ?? 0, set.status?.replicas ?? 0);
  return isUnproven && run.stable !== hashOf(set) && !isOwned && !isAdopted(set) && pods > 0;
}

/** A canary that another Deployment has taken over. */
export function isTakenOver(set: ReplicaSet): boolean {
  const owner = controllerOf(set);
  return owner !== undefined && owner !== rolloutUidOf(set);
}

/**
 * A canary that has become the version of another Deployment. Native control sets the Deployment's `minReadySeconds` on the
 * ReplicaSet that it wants, leaves the hold's value on the others and scales them down.
 */
export function isAdopted(set: ReplicaSet): boolean {
  return isTakenOver(set) && set.spec.minReadySeconds !== MIN_READY_SECONDS;
}

export function rolloutUidOf({ metadata }: Service | ReplicaSet): string | undefined {
  return metadata.labels?.[FLIGHT];
}

export function isOfSameRollout(service: Service, set: ReplicaSet): boolean {
  return rolloutUidOf(service) === rolloutUidOf(set) && service.metadata.namespace === set.metadata.namespace;
}
