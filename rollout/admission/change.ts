import type { Ingress } from "../../kube/core/ingresses.ts";
import type { LeanRoute, ReferenceGrant, Route } from "../../kube/core/routes.ts";
import type { Service, Stranger } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { settledOn, settleMs } from "../gateways/settle.ts";
import type { Layer } from "../plan/layers.ts";
import type { Plan } from "../plan/plan.ts";
import type { Policies } from "../preflight/policies.ts";
import { isExposed } from "../traffic/exposure.ts";
import { permitted } from "../traffic/grants.ts";
import { shareOf } from "../traffic/route-record.ts";
import type { Autoscaler } from "../workload/autoscalers.ts";
import { restoreLimit } from "../workload/hold.ts";
import { type HoldRecord, originalsOf, updateOriginals } from "../workload/hold-record.ts";
import { startAfter } from "../workload/start-after.ts";
import { findByHash, presentOf } from "../workload/template.ts";

/** How long admission may wait until weight 0 is in force, in ms; behind a slower gateway the undo must be repeated. */
export const LONGEST_DRAIN_MS = 12_000;

/** The objects of the cluster that admission reads for a Deployment. */
export interface ClusterState {
  /** The Deployment's own. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Of its namespace. */
  readonly services: readonly Service[];
  readonly deployments: readonly Deployment[];
  /** Those through which the Deployment's Services may get traffic, and those with a share of its rollout. */
  readonly routes: readonly Route[];
  /** All that name one of its Services, permitted or not, and all that may have a host in common with these. */
  readonly known: readonly LeanRoute[];
  /** Of the Deployment's namespace, if a route of another one names a Service of it. */
  readonly grants: readonly ReferenceGrant[];
  /** Who else serves behind the Deployment's Services; absent: no one. */
  readonly strangers?: readonly Stranger[];
  /** Of the Deployment's namespace. */
  readonly autoscalers?: readonly Autoscaler[];
  /** Of the Deployment's namespace. */
  readonly ingresses?: readonly Ingress[];
  /** Of the namespaces of the Deployment and of the routes; absent: not needed. */
  readonly policies?: Policies;
}

/** The state of which nothing but the Deployment's own ReplicaSets was read. */
export function onlyVersions(replicaSets: readonly ReplicaSet[]): ClusterState {
  return { replicaSets, services: [], deployments: [], routes: [], known: [], grants: [] };
}

/** A request for another pod template, as admission reads it. */
export interface TemplateRequest {
  readonly object: Deployment;
  readonly old: Deployment;
  readonly held: HoldRecord | undefined;
  /** Absent without an opt-in, or if the annotations are not valid; then `complaint` says why. */
  readonly plan: Plan | undefined;
  readonly complaint: string | undefined;
  /** The defaults that a rollout which begins now keeps. */
  readonly layers: readonly Layer[];
  readonly cluster: ClusterState;
  /** RFC 3339. */
  readonly now: string;
  /** The hold record in the request. */
  readonly carried?: HoldRecord | undefined;
  /** Whether nothing is stored; absent: no. */
  readonly dryRun?: boolean;
}

/** The request, with what admission looks up in the cluster for it. */
export interface TemplateChange extends TemplateRequest {
  /** The Deployment's UID. */
  readonly uid: string;
  /** The start of the rollout, if one begins now. */
  readonly started: string;
  /** The ReplicaSet of the template before this request. */
  readonly current: ReplicaSet | undefined;
  /** The stable ReplicaSet of the rollout in flight; absent: it is gone, or nothing is in flight. */
  readonly stable: ReplicaSet | undefined;
  /** The routes that may lead to the Deployment. */
  readonly routes: readonly Route[];
}

/** The change of a Deployment that is opted in by valid annotations, so that it may begin a rollout. */
export interface PlannedChange extends TemplateChange {
  readonly plan: Plan;
}

/** Looks up once what the decisions about a new template need. */
export function templateChange(request: TemplateRequest): TemplateChange {
  const { old, held, cluster, now } = request;
  const { uid = "", namespace = "" } = old.metadata;
  return {
    ...request,
    uid,
    started: startAfter(held, now),
    current: presentOf(old, cluster.replicaSets),
    stable: held && findByHash(cluster.replicaSets, held.stable),
    routes: permitted(namespace, cluster.routes, cluster.grants),
  };
}

/**
 * How long (ms) until no proxy sends the canary a request, if its weight is or was set to 0. The instant of that counts as it
 * stands, although the clock that wrote it may be behind: with what clocks differ added, an admission that the API server
 * repeats, as it does if the controller wrote meanwhile, would wait its whole time again, and longer than the API server does.
 */
export function drainMs({ uid, routes, now }: TemplateChange): number {
  const waits = routes.map((route) => {
    const share = shareOf(route, uid);
    if (share === undefined) return 0;
    return isExposed(share) ? settleMs(route) : settledOn(route, uid) - Date.parse(now);
  });
  return Math.max(0, ...waits);
}

/** The user's own values of the held fields, with those that this request changes. */
export function originalsNow(
  { object, old }: Pick<TemplateRequest, "object" | "old">,
  held: HoldRecord,
): HoldRecord["originals"] {
  if (held.phase === "promoting" || held.phase === "undone")
    return originalsOf(restoreLimit(object.spec, held.originals));
  return updateOriginals(held.originals, old.spec, object.spec);
}
