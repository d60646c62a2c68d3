import type { Deployment } from "../../kube/core/workloads.ts";
import { type JsonPatchOperation, target, type Write } from "../../kube/core/writes.ts";
import { annotationPath, CHANGED, FLIGHT, HELD, labelPath } from "../keys.ts";
import { leftHold } from "../workload/hold.ts";
import { holdRecordOf, isHoldRecordNewer } from "../workload/hold-record.ts";
import { writeEvent } from "../workload/writes.ts";

/**
 * Removes values of the hold from a Deployment without a readable record, as a copy is that lost its annotations
 * and was created while Serin was away. No rollout would ever end this hold, and no pod under it becomes available.
 */
export function removeLeftHold(deployment: Deployment): readonly Write[] {
  const { metadata, spec } = deployment;
  const left = leftHold(spec);
  if (left.length === 0 || holdRecordOf(deployment) !== undefined || isHoldRecordNewer(deployment)) return [];
  const removes = [
    ...left.map((field) => `/spec/${field}`),
    ...(metadata.annotations?.[HELD] === undefined ? [] : [annotationPath(HELD)]),
    ...(metadata.labels?.[FLIGHT] !== undefined && metadata.annotations?.[CHANGED] === undefined
      ? [labelPath(FLIGHT)]
      : []),
  ];
  const values = left.map((field) => `${field}: ${spec[field]}`).join(", ");
  const message = `removed ${values}: this is a copy of a Deployment in flight, without a record; its version may not be proven, and its strategy may not be yours`;
  return [
    {
      verb: "json",
      ...target("deployments", deployment),
      body: [
        // Admission may begin a rollout at any time, which changes the spec; native control's counts do not.
        { op: "test", path: "/metadata/generation", value: metadata.generation },
        ...removes.map((path): JsonPatchOperation => ({ op: "remove", path })),
      ],
    },
    writeEvent(deployment, "Warning", "HoldRemoved", message),
  ];
}
