import type { ReplicaSet } from "../../kube/core/workloads.ts";

/** The canary may be the fix, and its steps would only delay it. */
export const WAY_OUT = "ships this version at once";

/** Whether a version has pods and none of them is ready, so that its requests get errors. */
export function isStableDown(replicaSet: ReplicaSet | undefined): boolean {
  const { replicas = 0, readyReplicas = 0 } = replicaSet?.status ?? {};
  return replicas > 0 && readyReplicas === 0;
}
