import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { hostConflictCaveats } from "../preflight/host-conflicts.ts";
import { joiningWarnings, leavingWarnings, unroutedWarnings } from "../preflight/membership.ts";
import { portlessWarnings } from "../preflight/ports.ts";
import { missingRouteWarnings } from "../preflight/selection.ts";
import { ungrantedWarnings } from "../traffic/grants.ts";
import { namesAny } from "../traffic/overlay.ts";
import { autoscalerWarnings } from "../workload/autoscalers.ts";
import { hold } from "../workload/hold.ts";
import { type HoldRecord, withDefaults, withHoldRecord } from "../workload/hold-record.ts";
import { podsBeyond, surgeAt, withRoom } from "../workload/surge.ts";
import { type AdmissionResponse, allowed, denied, type Effect } from "./answer.ts";
import { besideWarnings } from "./beside-warnings.ts";
import type { PlannedChange } from "./change.ts";
import { examineVersion } from "./examine-version.ts";
import { announce } from "./warnings.ts";

/** Holds the new version: native control creates as many pods as the first step needs, and removes no old one. */
export function begin(
  change: PlannedChange,
  held: HoldRecord,
  stable: ReplicaSet | undefined,
  warnings: readonly string[],
  before: readonly Effect[] = [],
): AdmissionResponse {
  const { object, old, uid, cluster, plan } = change;
  const { latched: _latched, ...record } = held;
  const present = (stable ?? old).spec.template;
  const { services, routes, leftOut, wanted, refusal, caveats } = examineVersion(change, present);
  if (refusal !== undefined) return denied(refusal);
  const spec = hold(object.spec, surgeOf(change));
  const naming = routes.filter((route) => namesAny(route, services));
  const isolate: Effect[] =
    services.length > 0 ? [{ kind: "isolate", services, uid, hash: held.stable }] : [];
  const warned = [
    ...announce(plan, services, routes, change.layers),
    ...caveats,
    ...hostConflictCaveats(plan, services, wanted, cluster.known),
    ...ungrantedWarnings(services, cluster.known, cluster.grants),
    ...missingRouteWarnings(plan, naming, object.metadata.namespace ?? ""),
    ...portlessWarnings(services, routes, object.spec.template, present),
    ...leavingWarnings(services, object.spec.template),
    ...joiningWarnings(cluster.services, present, object.spec.template),
    ...unroutedWarnings(cluster.services, services, present),
    ...besideWarnings({
      services,
      routes,
      leftOut,
      ingresses: cluster.ingresses ?? [],
      aliases: cluster.services,
    }),
    ...autoscalerWarnings(cluster.autoscalers ?? [], old),
    ...warnings,
  ];
  const kept = withDefaults(record, change.layers);
  return allowed(withHoldRecord({ ...object, spec }, kept, old), warned, [...before, ...isolate]);
}

/** The first step's surge. While the user pauses, native control must leave the pods of a version that has ended alone, too. */
function surgeOf({ object, cluster, plan }: PlannedChange): string | number {
  const surge = surgeAt(plan, 0);
  const { paused, replicas = 1 } = object.spec;
  return paused ? withRoom(surge, replicas, podsBeyond(replicas, cluster.replicaSets)) : surge;
}
