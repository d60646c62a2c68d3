import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { HELD, RUN } from "../../rollout/keys.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { type HoldRecord, holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { planOf } from "../../rollout/workload/plan-of.ts";
import { lastRunOf, type RunRecord } from "../../rollout/workload/run-record.ts";

/** As `planOf`, read once. */
export const planIn = once<Deployment, Plan>(sameAs);
/** As `heldOf`, read once. */
export const heldIn = once<Deployment, HoldRecord | undefined>(holdRecordOf);
/** As `lastRunOf`, read once. */
export const runIn = once<ReplicaSet, RunRecord | undefined>(lastRunOf);

/** What is stored is replaced, never changed: what is read of the same annotations says the same. */
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

/** Only what has to do with the plan is compared. */
function sameAs(deployment: Deployment): Plan {
  const { [RUN]: _run, ...own } = deployment.metadata.annotations ?? {};
  const { defaults } = holdRecordOf(deployment) ?? {};
  const key = JSON.stringify({ ...own, [HELD]: defaults });
  const plan = plans.get(key) ?? planOf(deployment);
  plans.set(key, plan);
  return plan;
}
