import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HookAnswers } from "../hooks/call.ts";
import type { Findings } from "../judge/evidence.ts";
import { exposureAt } from "../plan/grant.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/steps.ts";
import { type Exposure, isExposed } from "../traffic/exposure.ts";
import { shareOf } from "../traffic/route-record.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { type RunRecord, runRecordOf } from "../workload/run-record.ts";
import { surgeAt } from "../workload/surge.ts";
import { hashOf } from "../workload/template.ts";

/** Everything that a decision about one rollout needs to know, read before it is taken. */
export interface Snapshot {
  /** ms since the epoch. */
  readonly now: number;
  readonly deployment: Deployment;
  readonly held: HoldRecord;
  /** What the annotations ask for. */
  readonly plan: Plan;
  /** All ReplicaSets of the Deployment that are in flight, the canary's and the stable one among them. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The ReplicaSet of the Deployment's present template; absent until native control has made it. */
  readonly canary: ReplicaSet | undefined;
  /** The user's Services through which the pods get traffic. */
  readonly services: readonly Service[];
  /** Services that were narrowed for this rollout and are not its any more; absent: none. */
  readonly formerServices?: readonly Service[];
  /** Services of ours beside them. */
  readonly canaryServices: readonly Service[];
  /** The routes that name those Services. */
  readonly routes: readonly Route[];
  /** Name of a Service → its ready endpoints. */
  readonly endpoints: ReadonlyMap<string, number>;
  /** The canary's pods. */
  readonly pods: readonly Pod[];
  /** The stable version's. */
  readonly stablePods: readonly Pod[];
  /** What the metrics say; absent while the canary has no traffic. */
  readonly evidence?: Findings;
  /** What the hooks have answered; absent: nothing yet. */
  readonly hooks?: HookAnswers;
}

/** How many pods the user wants. */
export function replicasOf(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** The UID by which everything in flight is marked. */
export function uidOf(snapshot: Snapshot): string {
  return snapshot.deployment.metadata.uid ?? "";
}

/** The canary's hash; "" until it exists. */
export function canaryHash(snapshot: Snapshot): string {
  return snapshot.canary === undefined ? "" : hashOf(snapshot.canary);
}

/** The ReplicaSet that serves. */
export function stableOf(snapshot: Snapshot): ReplicaSet | undefined {
  return snapshot.replicaSets.find((replicaSet) => hashOf(replicaSet) === snapshot.held.stable);
}

/** The rollout's own record; absent until the canary's ReplicaSet is marked. */
export function recordOf(snapshot: Snapshot): RunRecord | undefined {
  const replicaSet = replicaSetOfRecord(snapshot);
  return replicaSet && runRecordOf(replicaSet, snapshot.held.started);
}

/** The ReplicaSet that is judged: the Deployment's template may be another one since (undo). */
export function replicaSetOfRecord(snapshot: Snapshot): ReplicaSet | undefined {
  return snapshot.replicaSets.find(
    (replicaSet) => runRecordOf(replicaSet, snapshot.held.started) !== undefined,
  );
}

/** The index of the granted step; a plan that got shorter in flight ends with its last one. */
export function stepIndex(snapshot: Snapshot): number {
  return Math.min(recordOf(snapshot)?.step ?? 0, snapshot.plan.steps.length - 1);
}

/** The step that is granted now. */
export function stepOf(snapshot: Snapshot): Step | undefined {
  return snapshot.plan.steps[stepIndex(snapshot)];
}

/** The granted weight in percent: that of the last weight step up to now. */
function grantedWeight(snapshot: Snapshot): number {
  const passed = snapshot.plan.steps.slice(0, stepIndex(snapshot) + 1);
  return passed.reduce((weight, step) => (step.kind === "weight" ? step.weight : weight), 0);
}

/** What the canary is granted of the traffic. */
export function grantedExposure(snapshot: Snapshot): Exposure {
  const { deployment, held, plan } = snapshot;
  const id = Date.parse(held.started).toString(36);
  const { namespace, name } = deployment.metadata;
  return exposureAt(plan, stepIndex(snapshot), { cookie: `serin-${namespace}-${name}`, id });
}

/** The weight after the granted one, in percent; after the last one the promotion, which is all of it. */
export function nextWeight(snapshot: Snapshot): number {
  const next = snapshot.plan.steps.slice(stepIndex(snapshot) + 1).find((step) => step.kind === "weight");
  return next?.weight ?? 100;
}

/** The surge for what is granted; before any weight, that for the first one, so that its pods are ready by then. */
export function wantedSurge(snapshot: Snapshot): string | number {
  return surgeAt(snapshot.plan, grantedWeight(snapshot));
}

/** Whether some route gives the canary anything. */
export function isRouted(snapshot: Snapshot): boolean {
  return snapshot.routes.some((route) => isExposed(shareOf(route, uidOf(snapshot))));
}
