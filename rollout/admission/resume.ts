import type { Deployment } from "../../kube/core/workloads.ts";
import { equal } from "../text/equal.ts";
import { LAST_APPLIED } from "../traffic/target-ports.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { runRecordOf } from "../workload/run-record.ts";
import { isApplied } from "./appliers.ts";
import { type Asking, endsPause } from "./asking.ts";

/** The name under which `kubectl rollout resume` writes. */
const RESUME = "kubectl-rollout";

/**
 * The request with the plan's pause again, if it ends the pause without being a resume: a manifest that is applied again, by a
 * person or a GitOps tool, approves nothing. A pause of the user's own ends with any write, as it does at rest.
 */
export function keepPlanPause(
  object: Deployment,
  old: Deployment,
  held: HoldRecord,
  asking: Asking,
): { readonly object: Deployment; readonly warnings: readonly string[] } {
  const isKept = isPlans(held, asking) && !isResume(object, old, asking.fieldManager);
  if (!endsPause(object, old, held) || !isKept) return { object, warnings: [] };
  const command = `kubectl rollout resume deployment/${object.metadata.name}`;
  return {
    object: { ...object, spec: { ...object.spec, paused: true } },
    warnings: [`the plan's pause stays: a manifest that is applied again does not end it; ${command} does`],
  };
}

/** The record with the instant (RFC 3339) at which the request ends the user's own pause, if it does: see HoldRecord. */
export function notingResume(
  held: HoldRecord,
  object: Deployment,
  old: Deployment,
  asking: Asking,
  now: string,
): HoldRecord {
  return endsPause(object, old, held) && !isPlans(held, asking) ? { ...held, resumed: now } : held;
}

function isPlans({ started }: HoldRecord, { replicaSets = [] }: Asking): boolean {
  return replicaSets.some((set) => runRecordOf(set, started)?.paused);
}

/** Whether a person continues: by `kubectl rollout resume`, or by a change of the pause alone that comes from no manifest. */
function isResume(object: Deployment, old: Deployment, manager = ""): boolean {
  if (manager === RESUME) return true;
  return !isApplied(object, manager) && equal(besidePause(object), besidePause(old));
}

function besidePause({ metadata: { annotations, labels }, spec }: Deployment): object {
  const { paused: _paused, ...fields } = spec;
  const { [LAST_APPLIED]: _applied, ...others } = annotations ?? {};
  return { others, labels: labels ?? {}, fields };
}
