import { conditionOf } from "../../kube/core/meta.ts";
import { kubectlUndo } from "../workload/undo-command.ts";
import { type Decision, saying } from "./decision.ts";
import { failureMessage, tellsFailure } from "./failure.ts";
import { shortage } from "./health.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Adds to the condition of a promotion that it stands still, why, and the way out. Native control says so at the user's own
 * deadline, and waits on: the version is proven, but no place or no quota may be left for its other pods. In a pause it has no
 * deadline.
 */
export function reportStalled(snapshot: Snapshot, decision: Decision): Decision {
  const why = stalled(snapshot);
  if (why === undefined) return decision;
  const back = snapshot.deployment.spec.paused ? "" : `; ${kubectlUndo(snapshot)} goes back`;
  return saying(decision, `. Now ${why}${back}`);
}

/** Why native control's rolling update stands still, as a clause; `undefined` while it goes on. */
export function stalled(snapshot: Snapshot): string | undefined {
  const { deployment } = snapshot;
  if (deployment.spec.paused)
    return `the Deployment is paused: kubectl rollout resume deployment/${deployment.metadata.name} continues`;
  const progressing = conditionOf(deployment.status?.conditions, "Progressing");
  if (progressing?.reason !== "ProgressDeadlineExceeded") return undefined;
  // Serin's own report of a failure stays until native control sees the next progress.
  if (tellsFailure(progressing, failureMessage(snapshot))) return undefined;
  return `the rolling update makes no progress${shortage(snapshot)}`;
}
