import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { findByHash } from "../workload/template.ts";
import { returnsToStable } from "./back-to-stable.ts";
import { hasNoStable } from "./stable-lost.ts";

/**
 * Whether the request ends the rollout in flight and starts no other one: the stable version comes back, or there is none to
 * compare with. Its answer depends on the ReplicaSets and on the routes with a share, and on nothing else of the cluster.
 */
export function endsRollout(
  object: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): boolean {
  const change = { object, stable: findByHash(replicaSets, held.stable) };
  return returnsToStable(change) || hasNoStable(change, held);
}
