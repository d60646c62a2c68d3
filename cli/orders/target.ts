import type { Kube } from "../../kube/client/api.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import { deployments } from "../../kube/core/resources.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { planWith } from "../../rollout/plan/layers.ts";
import { type HoldRecord, holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { revisionInFlight } from "../../rollout/workload/revision.ts";
import { lastRunOf, type RunRecord, runRecordOf } from "../../rollout/workload/run-record.ts";
import { stepInForce } from "../../rollout/workload/step-in-force.ts";
import { findByHash, presentOf } from "../../rollout/workload/template.ts";

/** A Deployment as an order finds it. */
export interface OrderTarget {
  readonly deployment: Deployment;
  readonly replicaSets: readonly ReplicaSet[];
  /** The ReplicaSet of its template. */
  readonly present: ReplicaSet | undefined;
  /** The revision of its template. */
  readonly revision: string;
  /** Absent at rest. */
  readonly held: HoldRecord | undefined;
  /** The stable ReplicaSet of a rollout in flight. */
  readonly stable: ReplicaSet | undefined;
  /** The record of the rollout in flight; absent before its canary exists. */
  readonly run: RunRecord | undefined;
  /** The record of the last rollout of this template. */
  readonly last: RunRecord | undefined;
  /** The step in force and how many there are, both from 1; absent at rest, or without a valid plan. */
  readonly step: { readonly inForce: number; readonly of: number } | undefined;
}

/** Reads a Deployment and its ReplicaSets. Throws ApiError, also if it does not exist. */
export async function readTarget(kube: Kube, namespace: string, name: string): Promise<OrderTarget> {
  const deployment = await kube.get<Deployment>(deployments, { namespace, name });
  return targetOf(deployment, await listReplicaSets(kube, deployment));
}

/** What an order must know of these objects. */
export function targetOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): OrderTarget {
  const held = holdRecordOf(deployment);
  const present = presentOf(deployment, replicaSets);
  const run = held && present && runRecordOf(present, held.started);
  const parsed = planWith(deployment.metadata.annotations ?? {}, held?.defaults ?? []);
  const steps = "plan" in parsed ? parsed.plan.steps : [];
  return {
    deployment,
    replicaSets,
    present,
    revision: revisionInFlight(deployment, present),
    held,
    stable: held && findByHash(replicaSets, held.stable),
    run,
    last: present && lastRunOf(present),
    step: held && steps.length > 0 ? { inForce: stepInForce(run, steps) + 1, of: steps.length } : undefined,
  };
}
