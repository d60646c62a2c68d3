import { awaitQuiet, detachRoutes, drain, removeTwins } from "./drain.ts";
import { callAfterwards } from "./hook-afterwards.ts";
import { isComplete, widenServices } from "./promote.ts";
import { type Decision, firstOf, instant, recordOf, replicaSetOfRecord, type Seen } from "./seen.ts";
import { canaryCondition, writeConditions, writeEnd, writeEvent, writeUnmark } from "./write.ts";

/**
 * The stable template came back (`kubectl rollout undo`, a revert in Git, `helm rollback`). Admission has taken the weight
 * and given the native fields back; native control removes the canary's pods. What remains is to tidy up.
 */
export function decideUndone(seen: Seen): Decision {
  return firstOf(
    [drain, awaitQuiet, detachRoutes, awaitStable, widenServices, removeTwins, tellHooks, end],
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
