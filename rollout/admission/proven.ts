import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { findByHash } from "../workload/template.ts";
import type { Effect } from "./answer.ts";

/**
 * The effects that concern the Deployment of this UID; none if it is undefined. Serin isolates its Services only to one of
 * its own ReplicaSets with available pods, because a Service that selects another hash serves nothing.
 */
export function provenEffects(
  effects: readonly Effect[],
  uid: string | undefined,
  own: readonly ReplicaSet[],
): readonly Effect[] {
  return effects.filter((effect) => {
    if (uid === undefined || effect.uid !== uid) return false;
    if (effect.kind !== "isolate") return true;
    return (findByHash(own, effect.hash)?.status?.availableReplicas ?? 0) > 0;
  });
}
