import type { ReplicaSet } from "../../kube/core/workloads.ts";

/** What is in flight may be the very fix; its steps would only keep it from the users. */
export const WAY_OUT = "ships this version at once";

/** Whether a version has pods of which none is well: whom the route sends there gets errors. */
export function isStableDown(replicaSet: ReplicaSet | undefined): boolean {
  const { replicas = 0, readyReplicas = 0 } = replicaSet?.status ?? {};
  return replicas > 0 && readyReplicas === 0;
}
