import type { Condition } from "../../kube/core/meta.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import {
  guardedMerge,
  type JsonPatchOperation as Operation,
  target,
  type Write,
} from "../../kube/core/writes.ts";
import { annotationPath, CHANGED, CONDITION, FLIGHT, HELD, labelPath, RUN, VERDICT } from "../keys.ts";
import { restoredLimit } from "./hold.ts";
import { formatHoldRecord, type HoldRecord, holdRecordOf } from "./hold-record.ts";
import { formatRun, type RunRecord } from "./run-record.ts";

/** The Deployment's hold with another surge: the canary's size. */
export function writeSurge(deployment: Deployment, surge: string | number): Write {
  return patchHeld(deployment, [
    { op: "replace", path: "/spec/strategy/rollingUpdate/maxSurge", value: surge },
  ]);
}

/** The Deployment's `spec.paused`. */
export function writePaused(deployment: Deployment, paused: boolean): Write {
  return patchHeld(deployment, [{ op: "add", path: "/spec/paused", value: paused }]);
}

/** Fields of the Deployment's spec and its record at once; `undefined` removes a field. */
export function writeHoldRecord(
  deployment: Deployment,
  held: HoldRecord,
  fields: Record<string, unknown> = {},
): Write {
  return patchHeld(deployment, [
    ...specOperations(deployment, fields),
    { op: "replace", path: annotationPath(HELD), value: formatHoldRecord(held) },
  ]);
}

/**
 * Ends the rollout on the Deployment, and restores what an undo still holds. A changed ConfigMap may be about to start the next
 * one.
 */
export function writeEnd(deployment: Deployment): Write {
  const { annotations = {} } = deployment.metadata;
  const { originals = {} } = holdRecordOf(deployment) ?? {};
  return patchHeld(deployment, [
    ...specOperations(deployment, restoredLimit(deployment.spec, originals)),
    // Without this test, a change that was marked in between would lose the label by which the controller sees it.
    { op: "test", path: "/metadata/annotations", value: annotations },
    { op: "remove", path: annotationPath(HELD) },
    ...(CHANGED in annotations ? [] : [{ op: "remove", path: labelPath(FLIGHT) } as const]),
  ]);
}

/**
 * Conditions of the Deployment's status; native control keeps those it does not know. Guarded by the UID alone: no decision
 * depends on them, and the controller rewrites outdated ones.
 */
export function writeConditions(deployment: Deployment, conditions: readonly Condition[]): Write {
  return {
    verb: "strategic",
    subresource: "status",
    ...target("deployments", deployment),
    body: { metadata: { uid: deployment.metadata.uid }, status: { conditions } },
  };
}

/**
 * Whether a stored condition says this. A sentence may have half of a surrogate pair, where a text was cut or a tenant wrote an
 * escape; the API server stores U+FFFD in its place, and Serin must not write the sentence again and again.
 */
export function says(condition: Condition | undefined, message: string): boolean {
  return condition?.message === message.toWellFormed();
}

/** The condition `Canary` as it should stand now. */
export function canaryCondition(
  { status, reason, message }: { status: Condition["status"]; reason: string; message: string },
  at: string,
) {
  return { type: CONDITION, status, reason, message, lastUpdateTime: at, lastTransitionTime: at };
}

/**
 * Marks a ReplicaSet as in flight, with the rollout's first record if it is the canary's. Native control writes a new
 * ReplicaSet several times in its first moments, but never its labels: guarded by them instead of the resourceVersion, the
 * write meets no conflict with native control, and still one with another controller that has marked it.
 */
export function writeMark(replicaSet: ReplicaSet, uid: string, run?: RunRecord): Write {
  const { labels = {}, annotations, uid: own } = replicaSet.metadata;
  // No patch can test that there are no annotations, and to add them would replace those of native control.
  if (run !== undefined && annotations === undefined) return writeRunRecord(replicaSet, uid, run);
  return {
    verb: "json",
    ...target("replicasets", replicaSet),
    body: [
      { op: "test", path: "/metadata/uid", value: own },
      { op: "test", path: "/metadata/labels", value: labels },
      { op: "add", path: labelPath(FLIGHT), value: uid },
      ...(run && VERDICT in labels ? [{ op: "remove", path: labelPath(VERDICT) } as const] : []),
      ...(run ? [{ op: "add", path: annotationPath(RUN), value: formatRun(run) } as const] : []),
    ],
  };
}

/** The rollout's record on the canary's ReplicaSet. */
export function writeRunRecord(replicaSet: ReplicaSet, uid: string, run: RunRecord) {
  return patchReplicaSet(replicaSet, {
    labels: { [FLIGHT]: uid, ...verdictLabel(replicaSet, run) },
    annotations: { [RUN]: formatRun(run) },
  });
}

/** The record of a failure. If the API server refuses it, the canary must lose its traffic nevertheless. */
export function writeFailedRun(replicaSet: ReplicaSet, uid: string, run: RunRecord): Write {
  return { ...writeRunRecord(replicaSet, uid, run), mayFail: true };
}

/** Removes a ReplicaSet's mark and native control's copies of the Deployment's annotations; the run record stays. */
export function removeRunRecord(replicaSet: ReplicaSet, run?: RunRecord): Write {
  // At rest no route has a share, and a list of routes that once had one would let their owners forge a new one.
  const { foreignRoutes: _routes, ...kept } = run ?? {};
  const record = run === undefined ? {} : { [RUN]: formatRun(kept as RunRecord) };
  return patchReplicaSet(replicaSet, {
    labels: { [FLIGHT]: null, ...verdictLabel(replicaSet, run) },
    annotations: { [HELD]: null, [CHANGED]: null, ...record },
  });
}

/** The label that goes with a record: `kubectl get rs -l serin.dev/verdict=failed` finds the records without reading all. */
function verdictLabel({ metadata: { labels = {} } }: ReplicaSet, run: RunRecord | undefined) {
  if (run === undefined) return {};
  const hasEnded = run.outcome !== "running" && run.outcome !== "proven";
  if (hasEnded) return { [VERDICT]: run.outcome };
  return VERDICT in labels ? { [VERDICT]: null } : {};
}

/** On a ReplicaSet: the replicas of the Deployment when native control last scaled it. */
export const NOTED = "deployment.kubernetes.io/desired-replicas";

/** Native control's notes on a ReplicaSet: the replicas of the Deployment, and its most pods beside a surge. */
export function writeSizeNote(replicaSet: ReplicaSet, replicas: number, most: number): Write {
  const annotations = { [NOTED]: `${replicas}`, "deployment.kubernetes.io/max-replicas": `${most}` };
  return patchReplicaSet(replicaSet, { annotations });
}

/** The number of a ReplicaSet's pods. */
export function writeScale(replicaSet: ReplicaSet, replicas: number): Write {
  return { ...guardedMerge("replicasets", replicaSet, { spec: { replicas } }), subresource: "scale" };
}

/** A ReplicaSet's `minReadySeconds`: native control changes only those of the newest version. */
export function writeMinReady(replicaSet: ReplicaSet, minReadySeconds: number): Write {
  return guardedMerge("replicasets", replicaSet, { spec: { minReadySeconds } });
}

/** An Event on the Deployment. */
export function writeEvent(
  regarding: Deployment,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): Extract<Write, { verb: "event" }> {
  return { verb: "event", regarding, type, reason, message, once: holdRecordOf(regarding)?.started };
}

/** An Event that only hooks and the log hear of: a later Event tells the same. */
export function mentionEvent(...event: Parameters<typeof writeEvent>): ReturnType<typeof writeEvent> {
  return { ...writeEvent(...event), unrecorded: true };
}

/**
 * Guarded by the record, which changes when a rollout starts, ends or is superseded, and by the generation, which changes when
 * a user scales or resumes the Deployment. Native control's counts in the status change neither.
 */
function patchHeld(deployment: Deployment, operations: readonly Operation[]): Write {
  const { annotations, generation } = deployment.metadata;
  return {
    verb: "json",
    ...target("deployments", deployment),
    body: [
      { op: "test", path: annotationPath(HELD), value: annotations?.[HELD] },
      { op: "test", path: "/metadata/generation", value: generation },
      ...operations,
    ],
  };
}

/** `undefined` removes a field. */
function specOperations({ spec }: Deployment, fields: Readonly<Record<string, unknown>>): Operation[] {
  return Object.entries(fields).flatMap(([field, value]): Operation[] => {
    if (value !== undefined) return [{ op: "add", path: `/spec/${field}`, value }];
    return spec[field] === undefined ? [] : [{ op: "remove", path: `/spec/${field}` }];
  });
}

function patchReplicaSet(replicaSet: ReplicaSet, metadata: object) {
  return guardedMerge("replicasets", replicaSet, { metadata });
}
