import type { Deployment } from "../../kube/core/workloads.ts";
import { type JsonPatchOperation, target, type Write } from "../../kube/core/writes.ts";
import { annotationPath, CHANGED, FLIGHT, HELD, labelPath } from "../keys.ts";
import { leftHold } from "../workload/hold.ts";
import { holdRecordOf, isHoldRecordNewer } from "../workload/hold-record.ts";
import { writeEvent } from "../workload/writes.ts";

/**
 * Removes values of the hold from a Deployment without a readable record, as a copy is that lost its annotations
 * and was created while Serin was away. No rollout would ever end this hold, and no pod under it becomes available.
 * Removes the mark as well. It is all that is left if another policy removed the record in a promotion, and beside the history
 * limit after an undo; until it is gone, the controller does not see that the rollout is over, and keeps the rollout's Services isolated.
 */
export function removeLeftHold(deployment: Deployment): readonly Write[] {
  const { metadata, spec } = deployment;
  if (holdRecordOf(deployment) !== undefined || isHoldRecordNewer(deployment)) return [];
  const left = leftHold(spec);
  const { annotations = {}, labels = {} } = metadata;
  const record = HELD in annotations ? [annotationPath(HELD)] : [];
  const mark = FLIGHT in labels && !(CHANGED in annotations) ? [labelPath(FLIGHT)] : [];
  if (left.length === 0) {
    // A changed ConfigMap may mark the Deployment at any time, which changes no generation.
    return record.length > 0 || mark.length === 0 ? [] : [removal(deployment, "resourceVersion", mark)];
  }
  const values = left.map((field) => `${field}: ${spec[field]}`).join(", ");
  const isAfterUndo = left.every((field) => field === "revisionHistoryLimit") && FLIGHT in labels;
  const why = isAfterUndo
    ? "the rollout that set it was undone, and another policy or webhook removed its record; set your own limit again"
    : "this is a copy of a Deployment in flight, without a record; its version may not be proven, and its strategy may not be yours";
  const message = `removed ${values}: ${why}`;
  const fields = left.map((field) => `/spec/${field}`);
  return [
    // Admission may begin a rollout at any time, which changes the spec; native control's counts do not.
    removal(deployment, "generation", [...fields, ...record, ...mark]),
    writeEvent(deployment, "Warning", "HoldRemoved", message),
  ];
}

function removal(
  deployment: Deployment,
  guard: "generation" | "resourceVersion",
  paths: readonly string[],
): Write {
  return {
    verb: "json",
    ...target("deployments", deployment),
    body: [
      { op: "test", path: `/metadata/${guard}`, value: deployment.metadata[guard] },
      ...paths.map((path): JsonPatchOperation => ({ op: "remove", path })),
    ],
  };
}
