import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CONDITION } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { canaryCondition, says, writeConditions, writeEvent } from "../workload/writes.ts";
import { pastFailure, presentFailure } from "./after-failure.ts";
import { tellingAt, toldFailure } from "./condition.ts";
import { type Decision, unlessDone } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Clears a stale `Progressing=False`. Native control does not clear it while the Deployment is paused, or when the template
 * already has a ReplicaSet, so a superseding version or a retry would still look failed to `kubectl rollout status`.
 */
export function forgetFailure(snapshot: Snapshot): Decision | undefined {
  const failure = conditionOf(snapshot.deployment.status?.conditions, "Progressing");
  if (failure?.reason !== "ProgressDeadlineExceeded") return undefined;
  const at = instant(snapshot.now);
  const message = "A new rollout is progressing.";
  const progressing = { ...failure, status: "True", reason: "ReplicaSetUpdated", message } as const;
  return {
    writes: [
      writeConditions(snapshot.deployment, [{ ...progressing, lastUpdateTime: at, lastTransitionTime: at }]),
    ],
  };
}

/** The writes that tell the failure of the record; none if it is told. */
export function reportFailure(snapshot: Snapshot): Write[] {
  const progressing = conditionOf(snapshot.deployment.status?.conditions, "Progressing");
  const message = failureMessage(snapshot);
  if (progressing?.status === "False" && says(progressing, message)) return [];
  return failWrites(snapshot, message);
}

/** Tells the failure again: native control overwrites the condition Progressing whenever a pod becomes ready. */
export function reportAgain(snapshot: Snapshot): Decision | undefined {
  const writes = reportFailure(snapshot);
  return unlessDone(writes);
}

/** The sentence of the failure, with the commands that work now: the user may pause and resume the Deployment after it. */
export function failureMessage(snapshot: Snapshot): string {
  const { run } = snapshot;
  return presentFailure(run?.outcome === "failed" ? run.message : toldFailure(snapshot), snapshot);
}

/** Whether a condition tells this failure, with whatever commands. */
export function tellsFailure(condition: Condition | undefined, message: string): boolean {
  if (condition === undefined) return false;
  return pastFailure(condition.message ?? "") === pastFailure(message).toWellFormed();
}

/**
 * `ProgressDeadlineExceeded` is the one reason at which `kubectl rollout status`, Argo CD and Flux say "failed". The Event comes
 * before the condition that shows it was reported: if the controller dies between the two, it reports the same Event again.
 */
export function failWrites(snapshot: Snapshot, message: string): Write[] {
  const at = instant(snapshot.now);
  const canary = canaryCondition({ status: "False", reason: "RolledBack", message }, tellingAt(snapshot));
  const isReported = tellsFailure(conditionOf(snapshot.deployment.status?.conditions, CONDITION), message);
  return [
    ...(isReported ? [] : [writeEvent(snapshot.deployment, "Warning", "RolledBack", message)]),
    writeConditions(snapshot.deployment, [failedProgress(message, at), canary]),
  ];
}

/** The condition Progressing of a failed rollout. */
export function failedProgress(message: string, at: string): Condition {
  const times = { lastUpdateTime: at, lastTransitionTime: at };
  return { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message, ...times };
}
