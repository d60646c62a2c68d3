import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CONDITION, FLIGHT } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { writeStableSelector } from "../traffic/writes.ts";
import { askedBy, keptRequests } from "../workload/requests.ts";
import { isUnproven, lastRunOf, type RunRecord } from "../workload/run-record.ts";
import {
  canaryCondition,
  removeRunRecord,
  says,
  writeConditions,
  writeEnd,
  writeEvent,
  writeMark,
} from "../workload/writes.ts";
import { pastFailure } from "./after-failure.ts";
import { tellingAt } from "./condition.ts";
import { type Decision, firstOf, unlessDone } from "./decision.ts";
import { awaitQuiet, removeCanaryServices, restoreRoutes, takeAllTraffic, takeTraffic } from "./drain.ts";
import { rewrite } from "./hook-record.ts";
import { callAfterwards } from "./post-rollout.ts";
import { isComplete, isolatedServices, restoreAll } from "./promote.ts";
import { recordFailure } from "./rollback.ts";
import { isStableLost, type Snapshot } from "./snapshot.ts";
import { stalled } from "./stalled.ts";
import { closeRecords } from "./supersede.ts";
import { tellEnd } from "./tell-end.ts";
import { turnBack } from "./turn-back.ts";

/**
 * Cleans up after an undo (`kubectl rollout undo`, a revert in Git, `helm rollback`). Admission has drained the routes and
 * restored the native fields; native control removes the canary's pods.
 */
export function decideUndone(snapshot: Snapshot): Decision {
  return firstOf(
    [
      serveWithoutStable,
      turnBack,
      leaveCanary,
      awaitQuiet,
      restoreRoutes,
      awaitStable,
      restoreToStable,
      removeCanaryServices,
      recordFailure,
      callLastHooks,
      tell,
      markUnseen,
      closeRecords,
      recordUndone,
      end,
    ],
    snapshot,
  );
}

/** Without the stable ReplicaSet no isolated Service has a pod, so all pods must serve while native control continues. */
function serveWithoutStable(snapshot: Snapshot): Decision | undefined {
  return isStableLost(snapshot) ? restoreAll(snapshot) : undefined;
}

/**
 * Takes all traffic from the canary. A Service that its owner has just recreated selects all pods, and no admission could isolate
 * it. Until the last pod of an unproven version is gone, it would lead to that version, which native control even scales along
 * with the Deployment. Pods of a proven version may carry most of the traffic, so they serve until they go.
 */
function leaveCanary(snapshot: Snapshot): Decision | undefined {
  return hasDoubtfulPods(snapshot) ? takeAllTraffic(snapshot) : takeTraffic(snapshot);
}

function hasDoubtfulPods(snapshot: Snapshot): boolean {
  if (isStableLost(snapshot) || isComplete(snapshot)) return false;
  const others = snapshot.replicaSets.filter((set) => set !== snapshot.stable && hasPods(set));
  // The rollout may have ended before its first record.
  const isDoubtful = (set: ReplicaSet) => isUnproven(set) || lastRunOf(set) === undefined;
  return others.some(isDoubtful);
}

function hasPods({ spec, status }: ReplicaSet): boolean {
  return (spec.replicas ?? 0) > 0 || (status?.replicas ?? 0) > 0;
}

/** The stable version's pods have the ports that the Services have now, whatever the user wrote for the canary. */
function restoreToStable(snapshot: Snapshot): Decision | undefined {
  const isolated = isolatedServices(snapshot);
  return unlessDone(isolated.map(writeStableSelector));
}

/** Calls the last hooks. A version that was promoted stays so, also if a user goes back before all of them have answered. */
function callLastHooks(snapshot: Snapshot): Decision | undefined {
  return callAfterwards(snapshot, snapshot.run?.outcome === "promoted" ? "Succeeded" : "Failed");
}

/** Reports the end before it waits for notices, so that people need not wait for them. */
function tell(snapshot: Snapshot): Decision | undefined {
  if (!snapshot.tellsEnd) return undefined;
  const message = endMessage(snapshot);
  return isReported(snapshot, message) ? tellEnd(snapshot, message) : { writes: report(snapshot, message) };
}

/** The Services stay isolated while a canary pod lives, because the canary was never proven. Most undos take seconds. */
function awaitStable(snapshot: Snapshot): Decision | undefined {
  if (isComplete(snapshot)) return undefined;
  const why = stalled(snapshot);
  if (why === undefined) return { writes: [] };
  const message = `going back to stable ${snapshot.held.stable}: ${why}; another template replaces it`;
  return { writes: [], condition: { status: "Unknown", reason: "Undoing", message } };
}

/**
 * Marks ReplicaSets of a rollout that was undone before the controller saw it. They carry native control's copies of the hold
 * record, and without a mark a sweep could not find them if the controller dies before the end.
 */
function markUnseen(snapshot: Snapshot): Decision | undefined {
  const left = snapshot.replicaSets.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== snapshot.uid);
  return unlessDone(left.map((set) => writeMark(set, snapshot.uid)));
}

function describeLoss({ held, stable }: Snapshot): string {
  return stable === undefined
    ? `stable ${held.stable} was lost`
    : `too few pods of stable ${held.stable} were ready`;
}

function endMessage(snapshot: Snapshot): string {
  const { run, judged, held, canaryHash } = snapshot;
  // The record goes with its ReplicaSet, which a user may delete.
  const told = judged === undefined ? toldEnd(snapshot)?.message : undefined;
  if (told !== undefined) return told;
  if (isStableLost(snapshot))
    return `ended without a canary: ${describeLoss(snapshot)}, ${canaryHash} serves`;
  if (run?.outcome === "failed") return pastFailure(run.message);
  const gone = judged?.metadata.name ?? "the new version";
  return `undone: ${held.stable} serves, ${gone} is gone${askedBy(held, "undo")}`;
}

/** The condition comes last: it shows after a crash that the Event is recorded. */
function report(snapshot: Snapshot, message: string): readonly Write[] {
  const { deployment } = snapshot;
  const undone = canaryCondition({ status: "False", reason: "Undone", message }, tellingAt(snapshot));
  return [writeEvent(deployment, "Normal", "Undone", message), writeConditions(deployment, [undone])];
}

/** Whether this rollout's end is reported; the condition of an earlier one may say the same. */
function isReported(snapshot: Snapshot, message: string): boolean {
  return says(toldEnd(snapshot), message);
}

/** The condition that tells this rollout's end. */
function toldEnd({ deployment, held }: Snapshot): Condition | undefined {
  const told = conditionOf(deployment.status?.conditions, CONDITION);
  // The API server keeps whole seconds.
  const isOurs = Date.parse(told?.lastUpdateTime ?? "") + 1_000 > Date.parse(held.started);
  return told?.reason === "Undone" && isOurs ? told : undefined;
}

/**
 * Records the undo of a proven version before the write that ends the rollout: after a crash right behind that write, a sweep
 * would take the version for promoted, and the next release of it would get no canary.
 */
function recordUndone(snapshot: Snapshot): Decision | undefined {
  const { now, run } = snapshot;
  if (run?.outcome !== "proven") return undefined;
  return { writes: rewrite(snapshot, lastWord(run, endMessage(snapshot), instant(now))) };
}

function end(snapshot: Snapshot): Decision {
  const at = instant(snapshot.now);
  const { run, judged } = snapshot;
  const message = endMessage(snapshot);
  return {
    writes: [
      ...(isReported(snapshot, message) ? [] : report(snapshot, message)),
      writeEnd(snapshot.deployment),
      ...snapshot.replicaSets.map((set) =>
        set === judged && run !== undefined
          ? removeRunRecord(set, { ...lastWord(run, message, at), ...keptRequests(snapshot.held) })
          : removeRunRecord(set),
      ),
    ],
  };
}

/** The record that the version keeps. The return from a version that was promoted does not change how its rollout ended. */
function lastWord(run: RunRecord, message: string, at: string): RunRecord {
  if (run.outcome === "promoted") return run;
  return { ...run, outcome: run.outcome === "failed" ? "failed" : "undone", message, ended: at };
}
