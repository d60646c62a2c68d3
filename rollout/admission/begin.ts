import type { LeanRoute, Route } from "../../kube/core/routes.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";
import { hostConflictCaveats } from "../preflight/host-conflicts.ts";
import { isolable, leavingWarnings, unmatched, unroutedWarnings } from "../preflight/membership.ts";
import { NO_POLICIES, policyBlocker, policyCaveats } from "../preflight/policies.ts";
import { portlessWarnings } from "../preflight/ports.ts";
import { planBlocker } from "../preflight/preflight.ts";
import { isWantedRoute, wantedServices } from "../preflight/selection.ts";
import { misnamed, unsplittable } from "../preflight/services.ts";
import { unaskable } from "../preflight/uncounted.ts";
import { missingGrant, permitted, ungrantedWarnings } from "../traffic/grants.ts";
import { servicesOf } from "../traffic/isolation.ts";
import { autoscalerWarnings } from "../workload/autoscalers.ts";
import { hold } from "../workload/hold.ts";
import { type HoldRecord, withDefaults, withHoldRecord } from "../workload/hold-record.ts";
import { surgeAt, withRoom } from "../workload/surge.ts";
import { type AdmissionResponse, allowed, denied, type Effect } from "./answer.ts";
import { besideWarnings } from "./beside-warnings.ts";
import type { TemplateChange } from "./change.ts";
import { announce } from "./warnings.ts";

/** Holds the new version: native control creates as many pods as the first step needs, and removes no old one. */
export function begin(
  change: TemplateChange,
  plan: Plan,
  held: HoldRecord,
  stable: ReplicaSet | undefined,
  warnings: readonly string[],
  before: readonly Effect[] = [],
): AdmissionResponse {
  const { object, old, uid, cluster } = change;
  const { latched: _latched, ...record } = held;
  const present = (stable ?? old).spec.template;
  const found = servicesOf(present, cluster.services);
  const { namespace = "" } = old.metadata;
  const isWanted = (route: Route | LeanRoute) => isWantedRoute(plan, route, namespace);
  // Serin refuses missing grants only for routes that the plan names: other people's routes must not block this rollout.
  const near =
    plan.routes === undefined ? permitted(namespace, cluster.known, cluster.grants) : cluster.known;
  const wanted = near.filter(isWanted);
  const routes = change.routes.filter(isWanted);
  const { policies = NO_POLICIES } = cluster;
  const services = isolable(wantedServices(plan, found), routes);
  const refusal =
    misnamed(plan, found) ??
    unsplittable(services, old, cluster) ??
    unmatched(services, routes, object.spec.template) ??
    missingGrant(services, wanted, cluster.grants) ??
    planBlocker(plan, services, routes) ??
    unaskable(plan, services, routes) ??
    policyBlocker(plan, services, routes, policies);
  if (refusal !== undefined) return denied(refusal);
  const spec = hold(object.spec, surgeOf(change, plan));
  const isolate: Effect[] =
    services.length > 0 ? [{ kind: "isolate", services, uid, hash: held.stable }] : [];
  const warned = [
    ...announce(plan, services, routes, change.layers),
    ...[
      ...policyCaveats(plan, services, routes, policies),
      ...hostConflictCaveats(plan, services, wanted, cluster.known),
      ...ungrantedWarnings(services, cluster.known, cluster.grants),
      ...portlessWarnings(services, object.spec.template, present),
      ...leavingWarnings(services, object.spec.template),
      ...unroutedWarnings(cluster.services, services, present),
    ].map((doubt) => `serin: ${doubt}`),
    ...besideWarnings({ services, routes, ingresses: cluster.ingresses ?? [] }),
    ...autoscalerWarnings(cluster.autoscalers ?? [], old),
    ...warnings,
  ];
  const kept = withDefaults(record, change.layers);
  return allowed(withHoldRecord({ ...object, spec }, kept, old), warned, [...before, ...isolate]);
}

/** The first step's surge. While the user pauses, native control must leave the pods of a version that has ended alone, too. */
function surgeOf({ object, cluster }: TemplateChange, plan: Plan): string | number {
  const surge = surgeAt(plan, 0);
  const { paused, replicas = 1 } = object.spec;
  const pods = cluster.replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
  return paused ? withRoom(surge, replicas, pods - replicas) : surge;
}
