import type { ReferenceGrant, Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { settledOn, settleMs } from "../gateways/settle.ts";
import type { Layer } from "../plan/layers.ts";
import type { Plan } from "../plan/plan.ts";
import { isExposed } from "../traffic/exposure.ts";
import { permitted } from "../traffic/grants.ts";
import { shareOf } from "../traffic/route-record.ts";
import type { Autoscaler } from "../workload/autoscalers.ts";
import { type HoldRecord, originalsOf, updateOriginals } from "../workload/hold-record.ts";
import { hashOf } from "../workload/template.ts";

/** How long admission may wait until weight 0 is in force, in ms; behind a slower gateway the undo must be repeated. */
export const LONGEST_DRAIN_MS = 12_000;

/** What the cluster has beside the Deployment. */
export interface ClusterState {
  /** The Deployment's own. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Of its namespace. */
  readonly services: readonly Service[];
  readonly deployments: readonly Deployment[];
  /** Anywhere: all of them at rest, those in flight afterwards. */
  readonly routes: readonly Route[];
  /** Of the Deployment's namespace, if a route of another one names a Service of it. */
  readonly grants: readonly ReferenceGrant[];
  /** Of the Deployment's namespace. */
  readonly autoscalers?: readonly Autoscaler[];
}

/** A request that changes the version. */
export interface TemplateChange {
  readonly object: Deployment;
  readonly old: Deployment;
  readonly held: HoldRecord | undefined;
  /** Absent when not opted in or when the annotations are wrong: then `complaint` says how. */
  readonly plan: Plan | undefined;
  readonly complaint: string | undefined;
  /** The defaults that a rollout which begins now keeps. */
  readonly layers: readonly Layer[];
  readonly cluster: ClusterState;
  /** RFC 3339. */
  readonly now: string;
}

/** How long (ms) until no proxy sends the canary anything, if its weight is taken now or has been. */
export function drainedInAll(change: TemplateChange): number {
  const { old, now } = change;
  const uid = old.metadata.uid ?? "";
  const waits = routesOf(change).map((route) => {
    const share = shareOf(route, uid);
    if (share === undefined) return 0;
    return isExposed(share) ? settleMs(route) : settledOn(route, uid) - Date.parse(now);
  });
  return Math.max(0, ...waits);
}

/** Those that may lead to the Deployment at all. */
export function routesOf({ old, cluster: reads }: TemplateChange): readonly Route[] {
  return permitted(old.metadata.namespace ?? "", reads.routes, reads.grants);
}

export function originalsNow({ object, old }: TemplateChange, held: HoldRecord): HoldRecord["originals"] {
  if (held.phase === "promoting" || held.phase === "undone") return originalsOf(object.spec);
  return updateOriginals(held.originals, old.spec, object.spec);
}

export function stableTemplate({ old, cluster: reads }: TemplateChange, held: HoldRecord) {
  return reads.replicaSets.find((set) => hashOf(set) === held.stable)?.spec.template ?? old.spec.template;
}
