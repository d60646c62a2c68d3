import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { annotations } from "../plan/annotations.ts";
import { planKeys } from "../plan/layers.ts";
import type { Plan } from "../plan/plan.ts";
import { planBy } from "../workload/plan-of.ts";
import { lastRunOf } from "../workload/run-record.ts";

const KEYS: ReadonlySet<string> = new Set([annotations.strategy.key, ...planKeys]);

/**
 * The plan of a rollout that has ended: native control copies the Deployment's annotations onto each version, and the run
 * record keeps the defaults of its profile and its namespace.
 */
export function planOfRevision(replicaSet: ReplicaSet): Plan {
  const all = Object.entries(replicaSet.metadata.annotations ?? {});
  const own = Object.fromEntries(all.filter(([key]) => KEYS.has(key)));
  return planBy(own, lastRunOf(replicaSet)?.defaults);
}
