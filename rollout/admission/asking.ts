import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { orders } from "../plan/orders.ts";
import { type HoldRecord, holdRecordOf } from "../workload/hold-record.ts";
import { sameTemplate } from "../workload/template.ts";

/** What an answer to an update depends on beside the object, the stored one and the state of the cluster. */
export interface Asking {
  /** The Deployment's own; read where `needsReplicaSets`. */
  readonly replicaSets?: readonly ReplicaSet[];
  /** The name under which the client writes; absent: it names none. */
  readonly fieldManager?: string | undefined;
  /** Whether nothing is stored; absent: no. */
  readonly dryRun?: boolean;
}

/** Whether an update of the same template gives an order, which names a version, or may end a pause of the plan. */
export function needsReplicaSets(requested: Deployment, old: Deployment): boolean {
  if (!sameTemplate(requested.spec.template, old.spec.template)) return false;
  const given = requested.metadata.annotations ?? {};
  return (
    Object.values(orders).some(({ key }) => key in given) || endsPause(requested, old, holdRecordOf(old))
  );
}

/** Whether the request clears a pause that may be the plan's. */
export function endsPause({ spec }: Deployment, old: Deployment, held: HoldRecord | undefined): boolean {
  const mayBePlans = held?.phase === "canary" && !held.latched;
  return mayBePlans && old.spec.paused === true && !spec.paused;
}
