import { conditionOf } from "../../kube/core/meta.ts";
import { kubectlUndo } from "../workload/undo-command.ts";
import { type Decision, saying } from "./decision.ts";
import { shortage } from "./health.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Adds to the condition of a promotion that it stands still, why, and the way back. Native control says so at the user's own
 * deadline, and waits on: the version is proven, but no place or no quota may be left for its other pods.
 */
export function reportStalled(snapshot: Snapshot, decision: Decision): Decision {
  const progressing = conditionOf(snapshot.deployment.status?.conditions, "Progressing");
  if (progressing?.reason !== "ProgressDeadlineExceeded") return decision;
  const why = `the rolling update makes no progress${shortage(snapshot)}`;
  return saying(decision, `. Since then ${why}; ${kubectlUndo(snapshot)} goes back`);
}
