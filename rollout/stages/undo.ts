import { FLIGHT } from "../keys.ts";
import { instant } from "../text/instant.ts";
import {
  canaryCondition,
  removeRunRecord,
  writeConditions,
  writeEnd,
  writeEvent,
  writeRunRecord,
} from "../workload/writes.ts";
import { type Decision, firstOf } from "./decision.ts";
import { awaitQuiet, drain, removeCanaryServices, restoreRoutes } from "./drain.ts";
import { callAfterwards } from "./post-rollout.ts";
import { isComplete, restoreServices } from "./promote.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The stable template came back (`kubectl rollout undo`, a revert in Git, `helm rollback`). Admission has taken the weight
 * and given the native fields back; native control removes the canary's pods. What remains is to tidy up.
 */
export function decideUndone(snapshot: Snapshot): Decision {
  return firstOf(
    [
      drain,
      awaitQuiet,
      restoreRoutes,
      awaitStable,
      restoreServices,
      removeCanaryServices,
      tellHooks,
      markLeft,
      end,
    ],
    snapshot,
  );
}

/** Not proven in the end, whoever decided so. */
function tellHooks(snapshot: Snapshot): Decision | undefined {
  return callAfterwards(snapshot, "Failed");
}

/** While a canary pod lives, the Services stay narrow: it was never proven. */
function awaitStable(snapshot: Snapshot): Decision | undefined {
  return isComplete(snapshot) ? undefined : { writes: [] };
}

/**
 * What was undone before anybody looked has native control's copies of our record, and no mark by which a sweep would find
 * them when this end is cut short.
 */
function markLeft(snapshot: Snapshot): Decision | undefined {
  const left = snapshot.replicaSets.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== snapshot.uid);
  return left.length === 0 ? undefined : { writes: left.map((set) => writeRunRecord(set, snapshot.uid)) };
}

function end(snapshot: Snapshot): Decision {
  const at = instant(snapshot.now);
  const { run, judged } = snapshot;
  const message =
    run?.outcome === "failed"
      ? run.message
      : `undone: ${snapshot.held.stable} serves, ${judged?.metadata.name ?? "the new version"} is gone`;
  const outcome = run?.outcome === "failed" ? "failed" : "undone";
  return {
    writes: [
      writeConditions(snapshot.deployment, [
        canaryCondition({ status: "False", reason: "Undone", message }, at),
      ]),
      writeEvent(snapshot.deployment, "Normal", "Undone", message),
      writeEnd(snapshot.deployment),
      ...snapshot.replicaSets.map((set) =>
        set === judged && run !== undefined
          ? removeRunRecord(set, { ...run, outcome, message, ended: at })
          : removeRunRecord(set),
      ),
    ],
  };
}
