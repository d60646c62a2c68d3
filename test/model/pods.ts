import type { Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";
import { hashOf } from "../../rollout/workload/template.ts";

/** The pods of a ReplicaSet, created at these instants (ms); `turned`: when each last became ready or unready. */
export function podsOf(
  set: ReplicaSet,
  since: readonly number[],
  { turned, crashing }: { readonly turned: readonly number[]; readonly crashing: boolean },
): Pod[] {
  const { name, uid = "" } = set.metadata;
  const ready = set.status?.readyReplicas ?? 0;
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid, controller: true };
  const state = crashing ? { waiting: { reason: "CrashLoopBackOff" } } : {};
  return since.map((created, i) => ({
    metadata: {
      name: `${name}-${i}`,
      labels: { [HASH_LABEL]: hashOf(set) },
      ownerReferences: [owner],
      creationTimestamp: new Date(created).toISOString(),
    },
    status: {
      conditions: [
        {
          type: "Ready",
          status: i < ready ? "True" : "False",
          lastTransitionTime: new Date(turned[i] ?? created).toISOString(),
        },
      ],
      containerStatuses: [{ name: "main", state }],
    },
  }));
}
