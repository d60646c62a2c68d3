import { FLIGHT } from "../keys.ts";
import { instant } from "../text/instant.ts";
import {
  canaryCondition,
  writeConditions,
  writeEnd,
  writeEvent,
  writeMark,
  writeUnmark,
} from "../workload/writes.ts";
import { type Decision, firstOf } from "./decision.ts";
import { awaitQuiet, detachRoutes, drain, removeTwins } from "./drain.ts";
import { callAfterwards } from "./post-rollout.ts";
import { isComplete, widenServices } from "./promote.ts";
import { recordOf, replicaSetOfRecord, type Seen, uidOf } from "./snapshot.ts";

/**
 * The stable template came back (`kubectl rollout undo`, a revert in Git, `helm rollback`). Admission has taken the weight
 * and given the native fields back; native control removes the canary's pods. What remains is to tidy up.
 */
export function decideUndone(seen: Seen): Decision {
  return firstOf(
    [drain, awaitQuiet, detachRoutes, awaitStable, widenServices, removeTwins, tellHooks, markLeft, end],
    seen,
  );
}

/** Not proven in the end, whoever decided so. */
function tellHooks(seen: Seen): Decision | undefined {
  return callAfterwards(seen, "Failed");
}

/** While a canary pod lives, the Services stay narrow: it was never proven. */
function awaitStable(seen: Seen): Decision | undefined {
  return isComplete(seen) ? undefined : { writes: [] };
}

/**
 * What was undone before anybody looked has native control's copies of our record, and no mark by which a sweep would find
 * them when this end is cut short.
 */
function markLeft(seen: Seen): Decision | undefined {
  const left = seen.replicaSets.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== uidOf(seen));
  return left.length === 0 ? undefined : { writes: left.map((set) => writeMark(set, uidOf(seen))) };
}

function end(seen: Seen): Decision {
  const at = instant(seen.now);
  const run = recordOf(seen);
  const judged = replicaSetOfRecord(seen);
  const message =
    run?.outcome === "failed"
      ? run.message
      : `undone: ${seen.held.stable} serves, ${judged?.metadata.name ?? "the new version"} is gone`;
  const outcome = run?.outcome === "failed" ? "failed" : "undone";
  return {
    writes: [
      writeConditions(seen.deployment, [canaryCondition({ status: "False", reason: "Undone", message }, at)]),
      writeEvent(seen.deployment, "Normal", "Undone", message),
      writeEnd(seen.deployment),
      ...seen.replicaSets.map((set) =>
        set === judged && run !== undefined
          ? writeUnmark(set, { ...run, outcome, message, ended: at })
          : writeUnmark(set),
      ),
    ],
  };
}
