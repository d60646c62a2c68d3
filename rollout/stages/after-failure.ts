import { revisionOf } from "../workload/revision.ts";
import { kubectlUndo } from "../workload/undo-command.ts";
import { orderCommand } from "./commands.ts";
import type { Snapshot } from "./snapshot.ts";

/** The end of the part of a failure's sentence that names commands. */
const COMMANDS = " tries again";
/** What stands in its place if Serin goes back by itself. */
const PUT_BACK = "The stable template is put back";

/** What a person may do after the failure. */
export function afterFailure(snapshot: Snapshot): string {
  if (snapshot.plan.onFailure === "undo") return PUT_BACK;
  const retry = `${orderCommand(snapshot, "retry")}${COMMANDS}`;
  const { judged, stable } = snapshot;
  // Before the canary has a ReplicaSet, kubectl undoes to a revision only if the command names it.
  if (judged === undefined && (stable === undefined || revisionOf(stable) === undefined))
    return `Apply the stable template to go back; ${retry}`;
  const kept = judged === undefined ? "" : "One pod is kept; ";
  return `${kept}${undoFailed(snapshot)} goes back, ${retry}`;
}

/**
 * The command that goes back after the failure. A pause of the plan ends with the canary; from then on, a pause is the user's, who
 * may end it or begin another one.
 */
export function undoFailed(snapshot: Snapshot): string {
  const { deployment, held, run } = snapshot;
  const isPlans = held.phase !== "failed" && run?.paused === true;
  return kubectlUndo(snapshot, (isPlans ? held.originals : deployment.spec).paused === true);
}

/** The sentence of a failure with the way out that works now: a user may ask for another one after it. */
export function presentFailure(message: string, snapshot: Snapshot): string {
  return partsOf(message)
    .map((part) => (isWayOut(part) ? afterFailure(snapshot) : part))
    .join(". ");
}

/** The sentence of a failure without the way out that ended it, for when the stable version is back. */
export function pastFailure(message: string): string {
  return partsOf(message)
    .filter((part) => !isWayOut(part))
    .join(". ");
}

function partsOf(message: string): readonly string[] {
  return message.split(". ");
}

function isWayOut(part: string): boolean {
  return part.endsWith(COMMANDS) || part === PUT_BACK;
}
