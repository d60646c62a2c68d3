import type { Deployment, DeploymentSpec, DeploymentStrategy } from "../../kube/core/workloads.ts";
import { formatComplaints } from "../plan/complaints.ts";
import { type DefaultSources, outline, planWith, type ResolvedPlan } from "../plan/layers.ts";
import { isOptedIn } from "../plan/plan.ts";
import { equal } from "../text/equal.ts";
import { pause } from "../workload/hold.ts";
import {
  type HoldRecord,
  holdRecordOf,
  updateOriginals,
  withDefaults,
  withHoldRecord,
} from "../workload/hold-record.ts";
import { withRoom } from "../workload/surge.ts";
import { sameTemplate } from "../workload/template.ts";
import { type AdmissionResponse, allowed, allowedNatively, denied, withWarnings } from "./answer.ts";
import type { ClusterState } from "./change.ts";
import { carriedHold, cleanse } from "./cleanse.ts";
import { keptWarning } from "./needs-layers.ts";
import { admitNewTemplate } from "./new-template.ts";
import { restoreOnOptOut } from "./opt-out.ts";
import { applyOrders } from "./orders.ts";

/**
 * A Deployment's creation: the plan must be right; what a dump of a Deployment in flight brings along is dropped.
 * `places` are read when the request says more than the opt-in.
 */
export function admitCreate(requested: Deployment, places?: DefaultSources): AdmissionResponse {
  const { parsed, warnings } = outlineOf(requested, undefined, places);
  const optedIn = isOptedIn(requested.metadata.annotations);
  if (optedIn && "complaints" in parsed) return denied(formatComplaints(parsed.complaints));
  return allowed(cleanse(requested, undefined), warnings);
}

/** Whether an update changes the version, so that admission has to look around before it can answer. */
export function changesTemplate(requested: Deployment, old: Deployment): boolean {
  return !sameTemplate(requested.spec.template, old.spec.template);
}

/**
 * A Deployment's update. `reads` is what the cluster has beside it, needed when the template changes only.
 * `now` is RFC 3339. `places` are read when the template or the plan changes; otherwise a flight's own defaults hold.
 */
export function admitUpdate(
  requested: Deployment,
  old: Deployment,
  reads: ClusterState | undefined,
  now: string,
  places?: DefaultSources,
): AdmissionResponse {
  const held = holdRecordOf(old);
  const object = cleanse(requested, old);
  const { parsed, layers, warnings } = outlineOf(object, held, places);
  const optedIn = isOptedIn(object.metadata.annotations);
  if (reads !== undefined) {
    const plan = "plan" in parsed ? parsed.plan : undefined;
    const complaint = "complaints" in parsed ? formatComplaints(parsed.complaints) : undefined;
    const change = {
      object,
      old,
      held,
      plan: optedIn ? plan : undefined,
      complaint,
      layers,
      cluster: reads,
      now,
    };
    return withWarnings(admitNewTemplate(change), optedIn ? warnings : []);
  }
  if (!optedIn) return admitOptOut(object, old, held);
  if ("complaints" in parsed) return denied(formatComplaints(parsed.complaints));
  const asked = applyOrders(object, held, parsed.plan, old, now, carriedHold(requested));
  if ("allowed" in asked) return asked;
  const told = [...asked.warnings, ...warnings];
  if (asked.held === undefined) return allowed(asked.object, told);
  if (asked.held.started === held?.started) {
    return allowed(keep(asked.object, old, asked.held), [...told, ...keptWarning(object, old)]);
  }
  // A retry is another rollout: it begins with the defaults of now.
  return allowed(keep(asked.object, old, withDefaults(asked.held, layers)), told);
}

/** The plan with the defaults of now where they were read, else with those that a rollout began with. */
function outlineOf(
  { metadata }: Deployment,
  held: HoldRecord | undefined,
  places: DefaultSources | undefined,
): ResolvedPlan {
  const own = metadata.annotations ?? {};
  if (places !== undefined) return outline(own, places);
  const layers = held?.defaults ?? [];
  return { parsed: planWith(own, layers), layers, warnings: [] };
}

function admitOptOut(object: Deployment, old: Deployment, held: HoldRecord | undefined): AdmissionResponse {
  if (held === undefined) return allowedNatively(object, old);
  // An undo has replaced the annotations: the opt-in went with them, and what is in flight ends by itself.
  if (!isOptedIn(old.metadata.annotations)) return allowed(keep(object, old, held));
  return denied(restoreOnOptOut(held));
}

/** A rollout in flight stays as it is; values of held fields that somebody wants otherwise become the originals. */
function keep(object: Deployment, old: Deployment, held: HoldRecord): Deployment {
  if (held.phase === "promoting" || held.phase === "undone") return withHoldRecord(object, held, old);
  const strategy = object.spec.paused ? roomyStrategy(old) : old.spec.strategy;
  // Our own answer, when we are asked again about it, is no word of the user's.
  const isOurs = equal(object.spec.strategy, strategy);
  const said = isOurs ? { ...object.spec, strategy: old.spec.strategy } : object.spec;
  const { paused: before, ...fieldsNow } = updateOriginals(held.originals, old.spec, said as DeploymentSpec);
  // The latch's own pause was taken off with the record: what is left is the user's, and a resume is his, too.
  const paused = held.latched || before ? object.spec.paused : undefined;
  const originals = { ...fieldsNow, ...(paused ? { paused } : {}) };
  const { minReadySeconds, progressDeadlineSeconds } = old.spec;
  const fields = { minReadySeconds, progressDeadlineSeconds, strategy } as Partial<Deployment["spec"]>;
  const spec = { ...object.spec, ...fields };
  return withHoldRecord(
    { ...object, spec: held.latched ? pause(spec, true) : spec },
    { ...held, originals },
    old,
  );
}

/** Who pauses may come just when the surge was lowered and the canary, which shrinks after it, has not. */
function roomyStrategy({ spec, status }: Deployment): DeploymentStrategy | undefined {
  const { maxSurge, ...rest } = spec.strategy?.rollingUpdate ?? {};
  if (maxSurge === undefined) return spec.strategy;
  const surge = withRoom(maxSurge, spec.replicas ?? 1, status?.updatedReplicas ?? 0);
  return { ...spec.strategy, rollingUpdate: { ...rest, maxSurge: surge } };
}
