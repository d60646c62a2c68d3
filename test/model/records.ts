import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { HELD, RUN } from "../../rollout/keys.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { type HoldRecord, holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { planOf } from "../../rollout/workload/plan-of.ts";
import { lastRunOf, type RunRecord } from "../../rollout/workload/run-record.ts";

/** The Deployment's plan, parsed once. */
export const planIn = once<Deployment, Plan>(cachedPlan);
/** The Deployment's hold record, parsed once. */
export const heldIn = once<Deployment, HoldRecord | undefined>(holdRecordOf);
/** The ReplicaSet's run record, parsed once. */
export const runIn = once<ReplicaSet, RunRecord | undefined>(lastRunOf);

/** Caches by the annotations: stored objects are replaced, never changed, so the same annotations give the same value. */
function once<T extends Deployment | ReplicaSet, R>(read: (object: T) => R): (object: T) => R {
  const known = new WeakMap<object, { readonly value: R }>();
  return (object) => {
    const { annotations } = object.metadata;
    const found = annotations && known.get(annotations);
    if (found !== undefined) return found.value;
    const value = read(object);
    if (annotations !== undefined) known.set(annotations, { value });
    return value;
  };
}

const plans = new Map<string, Plan>();

/** The plan by the annotations that decide it, so that a change of the run record does not parse it again. */
function cachedPlan(deployment: Deployment): Plan {
  const { [RUN]: _run, ...own } = deployment.metadata.annotations ?? {};
  const { defaults } = holdRecordOf(deployment) ?? {};
  const key = JSON.stringify({ ...own, [HELD]: defaults });
  const plan = plans.get(key) ?? planOf(deployment);
  plans.set(key, plan);
  return plan;
}
