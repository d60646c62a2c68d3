import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HookAnswers } from "../hooks/call.ts";
import type { Evidence } from "../judge/evidence.ts";
import { exposureAt } from "../plan/grant.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/steps.ts";
import { type Exposure, isExposed } from "../traffic/exposure.ts";
import { flightOf } from "../traffic/route-record.ts";
import type { Held } from "../workload/hold-record.ts";
import { type Run, runOf } from "../workload/run-record.ts";
import { surgeAt } from "../workload/surge.ts";
import { hashOf } from "../workload/template.ts";

/** Everything that a decision about one rollout needs to know, read before it is taken. */
export interface Seen {
  /** ms since the epoch. */
  readonly now: number;
  readonly deployment: Deployment;
  readonly held: Held;
  /** What the annotations ask for. */
  readonly plan: Plan;
  /** All ReplicaSets of the Deployment that are in flight, the canary's and the stable one among them. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The ReplicaSet of the Deployment's present template; absent until native control has made it. */
  readonly canary: ReplicaSet | undefined;
  /** The user's Services through which the pods get traffic. */
  readonly services: readonly Service[];
  /** Services that were narrowed for this rollout and are not its any more; absent: none. */
  readonly left?: readonly Service[];
  /** Services of ours beside them. */
  readonly twins: readonly Service[];
  /** The routes that name those Services. */
  readonly routes: readonly Route[];
  /** Name of a Service → its ready endpoints. */
  readonly endpoints: ReadonlyMap<string, number>;
  /** The canary's pods. */
  readonly pods: readonly Pod[];
  /** The stable version's. */
  readonly stablePods: readonly Pod[];
  /** What the metrics say; absent while the canary has no traffic. */
  readonly evidence?: Evidence;
  /** What the hooks have answered; absent: nothing yet. */
  readonly hooks?: HookAnswers;
}

/** How many pods the user wants. */
export function replicasOf(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** The UID by which everything in flight is marked. */
export function uidOf(seen: Seen): string {
  return seen.deployment.metadata.uid ?? "";
}

/** The canary's hash; "" until it exists. */
export function canaryHash(seen: Seen): string {
  return seen.canary === undefined ? "" : hashOf(seen.canary);
}

/** The ReplicaSet that serves. */
export function stableOf(seen: Seen): ReplicaSet | undefined {
  return seen.replicaSets.find((replicaSet) => hashOf(replicaSet) === seen.held.stable);
}

/** The rollout's own record; absent until the canary's ReplicaSet is marked. */
export function recordOf(seen: Seen): Run | undefined {
  const replicaSet = replicaSetOfRecord(seen);
  return replicaSet && runOf(replicaSet, seen.held.started);
}

/** The ReplicaSet that is judged: the Deployment's template may be another one since (undo). */
export function replicaSetOfRecord(seen: Seen): ReplicaSet | undefined {
  return seen.replicaSets.find((replicaSet) => runOf(replicaSet, seen.held.started) !== undefined);
}

/** The index of the granted step; a plan that got shorter in flight ends with its last one. */
export function stepIndex(seen: Seen): number {
  return Math.min(recordOf(seen)?.step ?? 0, seen.plan.steps.length - 1);
}

/** The step that is granted now. */
export function stepOf(seen: Seen): Step | undefined {
  return seen.plan.steps[stepIndex(seen)];
}

/** The granted weight in percent: that of the last weight step up to now. */
export function grantedWeight(seen: Seen): number {
  const passed = seen.plan.steps.slice(0, stepIndex(seen) + 1);
  return passed.reduce((weight, step) => (step.kind === "weight" ? step.weight : weight), 0);
}

/** What the canary is granted of the traffic. */
export function grantedExposure(seen: Seen): Exposure {
  const { deployment, held, plan } = seen;
  const id = Date.parse(held.started).toString(36);
  const { namespace, name } = deployment.metadata;
  return exposureAt(plan, stepIndex(seen), { cookie: `serin-${namespace}-${name}`, id });
}

/** The weight after the granted one, in percent; after the last one the promotion, which is all of it. */
export function nextWeight(seen: Seen): number {
  const next = seen.plan.steps.slice(stepIndex(seen) + 1).find((step) => step.kind === "weight");
  return next?.weight ?? 100;
}

/** The surge for what is granted; before any weight, that for the first one, so that its pods are ready by then. */
export function wantedSurge(seen: Seen): string | number {
  return surgeAt(seen.plan, grantedWeight(seen));
}

/** Whether some route gives the canary anything. */
export function isRouted(seen: Seen): boolean {
  return seen.routes.some((route) => isExposed(flightOf(route, uidOf(seen))));
}
