import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { annotations } from "../plan/annotations.ts";
import { planKeys } from "../plan/layers.ts";
import type { Plan } from "../plan/plan.ts";
import { planOf } from "../workload/plan-of.ts";

const KEYS: ReadonlySet<string> = new Set([annotations.strategy.key, ...planKeys]);

/**
 * The plan of a rollout that has ended: native control copies the Deployment's annotations onto each version. Defaults of a
 * profile or of the namespace are not among them, so Serin's own count in their place.
 */
export function planOfRevision({ metadata }: ReplicaSet): Plan {
  const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => KEYS.has(key));
  return planOf({ metadata: { ...metadata, annotations: Object.fromEntries(own) } });
}
