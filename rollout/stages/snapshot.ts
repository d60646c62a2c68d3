import type { Ingress } from "../../kube/core/ingresses.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service, Stranger } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HookAnswers } from "../hooks/call.ts";
import type { Counting } from "../judge/counting.ts";
import type { Findings, JudgeInput } from "../judge/evidence.ts";
import { exposureAt, weightAfter, weightAt } from "../plan/grant.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/steps.ts";
import { type Exposure, isExposed } from "../traffic/exposure.ts";
import type { RouteShare } from "../traffic/route-record.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { isStableGone } from "../workload/stable-gone.ts";
import { stepInForce } from "../workload/step-in-force.ts";
import { surgeAt } from "../workload/surge.ts";

/** The objects of one rollout as they were read. */
export interface Observation {
  /** ms since the epoch. */
  readonly now: number;
  /** Since when (ms) the controller that reads leads; absent: it wrote everything itself. */
  readonly ledSince?: number;
  readonly deployment: Deployment;
  readonly held: HoldRecord;
  /** The plan of the Deployment's annotations. */
  readonly plan: Plan;
  /** All ReplicaSets of the Deployment that are in flight, the canary's and the stable one among them. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The ReplicaSet of the Deployment's present template (`canaryOf`); absent until native control has created it. */
  readonly canary: ReplicaSet | undefined;
  /** The user's Services through which the pods get traffic. */
  readonly services: readonly Service[];
  /** Whether the namespace has further Services, which are unknown and may lead to both versions; absent: no. */
  readonly lacksServices?: true;
  /** Whether further routes have a share of the rollout, none of them more exposed than those in `routes`; absent: no. */
  readonly lacksShares?: true;
  /** Services that Serin isolated for this rollout and that the plan no longer includes; absent: none. */
  readonly formerServices?: readonly Service[];
  readonly canaryServices: readonly Service[];
  /** Who else serves behind the Services, at the begin of the step; absent: no one. */
  readonly strangers?: readonly Stranger[];
  /** The routes that name the user's Services. */
  readonly routes: readonly Route[];
  /** The routes to these Services that the plan leaves out; absent: none. */
  readonly leftOutRoutes?: readonly Route[];
  /** Name of a canary Service → the number of its endpoints that can take its traffic. */
  readonly endpoints: ReadonlyMap<string, number>;
  /** The canary's pods. */
  readonly pods: readonly Pod[];
  /** The canary's pods that have ended for good, as after an eviction: native control replaces them. Absent: none. */
  readonly endedPods?: readonly Pod[];
  /** The stable version's pods. */
  readonly stablePods: readonly Pod[];
}

/** The objects of one rollout, and what follows from them. */
export interface Facts extends Observation {
  /** The Deployment's UID, which marks everything in flight. */
  readonly uid: string;
  /** The canary's pod-template-hash; "" until its ReplicaSet exists. */
  readonly canaryHash: string;
  /** The ReplicaSet of the stable version; absent: it is gone. */
  readonly stable: ReplicaSet | undefined;
  /** The ReplicaSet that carries the run record: after an undo, the Deployment's template is another one. */
  readonly judged: ReplicaSet | undefined;
  /** The run record; absent until the canary's ReplicaSet is marked. */
  readonly run: RunRecord | undefined;
  /** The rollout's share in each route that has one. */
  readonly shares: ReadonlyMap<Route, RouteShare>;
}

/** Everything that a decision about one rollout needs. */
export interface Snapshot extends Facts {
  /** The question to the metrics; absent while there is nothing to judge. */
  readonly judgeInput: JudgeInput | undefined;
  /** The answer of the metrics; absent without a question. */
  readonly evidence?: Findings;
  /** Whether the gateway counts the versions apart; absent: nothing to find out. */
  readonly counting?: Counting;
  /** The Ingresses and HTTPProxies of the namespace; absent unless the canary gets no requests, because only then they matter. */
  readonly ingresses?: readonly Ingress[];
  /** The answers of the hooks; absent: none yet. */
  readonly hooks?: HookAnswers;
  /** Whether receivers of notices still have to hear of the end that comes; absent: no. The controller bounds the wait. */
  readonly tellsEnd?: boolean;
  /** When (ms) the controller noticed that etcd was restored from a backup; absent: it has not, or the canary is judged anew. */
  readonly restoredAt?: number;
}

/** How many pods the user wants. */
export function replicasOf(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** Whether the stable version is lost: its ReplicaSet is gone, or was when Serin noted it. A promotion does not need it. */
export function isStableLost({ held, stable }: Facts): boolean {
  return isStableGone(held, stable) || (held.lost === true && held.phase !== "promoting");
}

/** The index of the granted step. */
export function stepIndex({ run, plan }: Facts): number {
  return stepInForce(run, plan.steps);
}

/** The step that is granted now. */
export function stepOf(snapshot: Facts): Step | undefined {
  return snapshot.plan.steps[stepIndex(snapshot)];
}

/** The traffic that the canary is granted. */
export function grantedExposure(snapshot: Snapshot): Exposure {
  return exposureOfStep(snapshot, stepIndex(snapshot));
}

/** The exposure that a step of the plan grants. */
export function exposureOfStep({ deployment, held, plan }: Snapshot, step: number): Exposure {
  const id = Date.parse(held.started).toString(36);
  const { namespace, name } = deployment.metadata;
  return exposureAt(plan, step, { cookie: `serin-${namespace}-${name}`, id });
}

/** The largest percentage of copies that the plan has granted so far: copies last until the routes carry the next step. */
export function grantedCopies(snapshot: Snapshot): number {
  const passed = snapshot.plan.steps.slice(0, stepIndex(snapshot) + 1);
  return Math.max(0, ...passed.map((step) => (step.kind === "mirror" ? step.percent : 0)));
}

/** The weight after the granted one, in percent; after the last one comes the promotion with 100. */
export function nextWeight(snapshot: Facts): number {
  return weightAfter(snapshot.plan, stepIndex(snapshot));
}

/** The surge for the granted weight. Before any weight it is the surge for the first one, so that its pods are ready in time. */
export function wantedSurge(snapshot: Snapshot): string | number {
  return surgeAt(snapshot.plan, weightAt(snapshot.plan, stepIndex(snapshot)));
}

/** Whether a route gives the canary any traffic. */
export function isRouted(snapshot: Snapshot): boolean {
  return [...snapshot.shares.values()].some(isExposed);
}
