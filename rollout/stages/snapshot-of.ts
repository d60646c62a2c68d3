import { controllerOf, type KubeObject } from "../../kube/core/meta.ts";
import type { ReferenceGrant, Route } from "../../kube/core/routes.ts";
import type { EndpointSlice, Service, Stranger } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../keys.ts";
import type { Plan } from "../plan/plan.ts";
import { isolable } from "../preflight/membership.ts";
import { isWantedRoute, wantedServices } from "../preflight/selection.ts";
import { isCanaryService } from "../traffic/canary-service.ts";
import { permittedOrShared } from "../traffic/grants.ts";
import { servicesOf } from "../traffic/isolation.ts";
import { namesAny, servicesNamed } from "../traffic/overlay.ts";
import { shareOf } from "../traffic/route-record.ts";
import { isIsolated } from "../traffic/service-record.ts";
import { type HoldRecord, holdRecordOf } from "../workload/hold-record.ts";
import { isOwned } from "../workload/owned.ts";
import { planOf } from "../workload/plan-of.ts";
import { runRecordOf } from "../workload/run-record.ts";
import { findByHash, findByTemplate, hashOf, lacksHash } from "../workload/template.ts";
import { servingEndpoints } from "./endpoints.ts";
import { foreignRoutesOf } from "./foreign-routes.ts";
import { judgeInputOf } from "./judge-input.ts";
import { isOver } from "./pod-reason.ts";
import type { Observation, Snapshot } from "./snapshot.ts";

/** The objects that were read for one Deployment. Objects of others among them are ignored, whatever marks they carry. */
export interface RawSnapshot {
  /** ms since the epoch. */
  readonly now: number;
  /** See Observation. */
  readonly ledSince?: number;
  readonly deployment: Deployment;
  readonly replicaSets: readonly ReplicaSet[];
  /** Of the Deployment's namespace. */
  readonly services: readonly Service[];
  /** Whether further Services of the namespace, or routes that may lead to them, are unknown; absent: no. */
  readonly lacksServices?: true;
  /** Whether further routes have a share of the rollout; see Observation. */
  readonly lacksShares?: true;
  /** Who else serves behind the Services; absent: no one. */
  readonly strangers?: readonly Stranger[];
  /** Services that carry a mark now. */
  readonly marked: readonly Service[];
  readonly routes: readonly Route[];
  readonly grants: readonly ReferenceGrant[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly pods: readonly Pod[];
}

/** Builds the snapshot; `undefined` while no rollout of the Deployment is in flight. */
export function snapshotOf(raw: RawSnapshot, plan: Plan = planOf(raw.deployment)): Snapshot | undefined {
  const { now, deployment } = raw;
  const held = holdRecordOf(deployment);
  if (held === undefined) return undefined;
  const replicaSets = replicaSetsOf(deployment, held.stable, raw.replicaSets);
  const canary = canaryOf(deployment, held, replicaSets);
  const stable = findByHash(replicaSets, held.stable);
  const template = stable?.spec.template ?? deployment.spec.template;
  const leading = permittedOrShared(
    deployment.metadata,
    raw.routes,
    raw.grants,
    foreignRoutesOf(replicaSets),
  );
  const marked = raw.marked.filter((service) => isMarkedFor(deployment, service));
  const wanted = wantedServices(plan, servicesOf(template, raw.services));
  const kept = keptServices(marked, wanted, leading);
  const routes = routesOf(deployment, plan, namesOf([...wanted, ...kept]), leading);
  const services = isolable([...wanted, ...kept], routes);
  const names = namesOf(services);
  const allOf = (set: ReplicaSet | undefined) =>
    raw.pods.filter((pod) => set?.metadata.uid !== undefined && controllerOf(pod) === set.metadata.uid);
  const podsOf = (set: ReplicaSet | undefined) => allOf(set).filter((pod) => !isOver(pod));
  // After an undo the Deployment's template is the stable one: then no version is the canary.
  const isUndone = canary === undefined || canary === stable;
  return complete({
    now,
    ...(raw.ledSince !== undefined && { ledSince: raw.ledSince }),
    deployment,
    held,
    plan,
    replicaSets,
    canary,
    services,
    ...(raw.lacksServices && { lacksServices: true }),
    ...(raw.lacksShares && { lacksShares: true }),
    formerServices: marked.filter((service) => isIsolated(service) && !names.has(service.metadata.name)),
    canaryServices: marked.filter(isCanaryService),
    ...(raw.strangers && { strangers: raw.strangers }),
    routes,
    leftOutRoutes: leading.filter((route) => !routes.includes(route) && namesAny(route, services)),
    endpoints: servingEndpoints(
      raw.endpointSlices.filter((slice) => isMarkedFor(deployment, slice)),
      services,
      routes,
    ),
    pods: isUndone ? [] : podsOf(canary),
    endedPods: isUndone ? [] : allOf(canary).filter(isOver),
    stablePods: isUndone ? [] : podsOf(stable),
  });
}

function namesOf(services: readonly Service[]): ReadonlySet<string> {
  return new Set(services.map(({ metadata }) => metadata.name));
}

/**
 * The isolated Services behind a route that their owner or the plan does not want any more. They stay to the end: released, they
 * would lead users to the canary beyond any weight, and to the kept pod of a failed one.
 */
function keptServices(
  marked: readonly Service[],
  wanted: readonly Service[],
  routes: readonly Route[],
): readonly Service[] {
  const names = namesOf(wanted);
  const left = marked.filter((service) => isIsolated(service) && !names.has(service.metadata.name));
  return left.filter((service) => routes.some((route) => namesAny(route, [service])));
}

/** Adds to the objects of a rollout what follows from them. */
export function complete(observation: Observation): Snapshot {
  const { deployment, held, replicaSets, canary, routes } = observation;
  const { uid = "" } = deployment.metadata;
  const judged = replicaSets.find((set) => runRecordOf(set, held.started) !== undefined);
  const facts = {
    ...observation,
    uid,
    canaryHash: canary === undefined ? "" : hashOf(canary),
    stable: findByHash(replicaSets, held.stable),
    judged,
    run: judged && runRecordOf(judged, held.started),
    shares: new Map(
      routes.flatMap((route) => {
        const share = shareOf(route, uid);
        return share === undefined ? [] : [[route, share] as const];
      }),
    ),
  };
  return { ...facts, judgeInput: judgeInputOf(facts) };
}

/**
 * The canary's ReplicaSet: that of the Deployment's template. While none has it, as when API servers of two versions show
 * templates in two forms, it is the one that this rollout judges, so that a bad canary never keeps its weight. One that native
 * control has adopted is never the canary, because no canary Service can select its pods.
 */
export function canaryOf(
  { spec }: Deployment,
  { phase, started }: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const own = replicaSets.filter((set) => !lacksHash(set));
  const matched = findByTemplate(own, spec.template);
  if (matched !== undefined || phase === "undone") return matched;
  return replicaSets.find((set) => runRecordOf(set, started) !== undefined);
}

/** The Deployment's ReplicaSets in flight: marked, named by the record, of its present template, or with pods. */
export function replicaSetsOf(
  deployment: Deployment,
  stable: string,
  replicaSets: readonly ReplicaSet[],
): readonly ReplicaSet[] {
  const { uid = "" } = deployment.metadata;
  const own = replicaSets.filter((set) => isOwned(set, deployment));
  const current = findByTemplate(own, deployment.spec.template);
  return own.filter(
    (set) =>
      set === current ||
      set.metadata.labels?.[FLIGHT] === uid ||
      // A version that was superseded before Serin could mark it still has the hold record that native control copied.
      set.metadata.annotations?.[HELD] !== undefined ||
      hashOf(set) === stable ||
      (set.spec.replicas ?? 0) > 0,
  );
}

/** Whether an object is marked for the Deployment. Tenants may write any mark on objects in their own namespace. */
function isMarkedFor({ metadata: { uid, namespace } }: Deployment, { metadata }: KubeObject): boolean {
  return metadata.labels?.[FLIGHT] === uid && metadata.namespace === namespace;
}

/** Those of the permitted routes that name one of these Services, and those that already carry a share of the rollout. */
function routesOf(
  { metadata }: Deployment,
  plan: Plan,
  services: ReadonlySet<string>,
  leading: readonly Route[],
): readonly Route[] {
  const { uid = "", namespace = "" } = metadata;
  return leading.filter(
    (route) =>
      shareOf(route, uid) !== undefined ||
      (isWantedRoute(plan, route, namespace) &&
        [...servicesNamed(route, namespace)].some((name) => services.has(name))),
  );
}
