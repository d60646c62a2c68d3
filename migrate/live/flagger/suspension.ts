import * as v from "valibot";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { JsonPatch } from "../../../kube/core/writes.ts";
import { annotationPath, HELD } from "../../../rollout/keys.ts";
import { annotated, guardedPatch } from "../guarded-patch.ts";
import type { LiveWrite } from "../step.ts";
import { type Canary, canaries } from "./seen.ts";

const REVERT = "/spec/revertOnDeletion";
const recordSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    revertOnDeletion: v.exactOptional(v.boolean()),
    progressDeadlineSeconds: v.exactOptional(v.number()),
  }),
);

/**
 * What the switch-over changes and its undo gives back: the Canary's revertOnDeletion, and the Deployment's deadline. It lies on the
 * Canary, so that it ends with it.
 */
export type SuspensionRecord = v.InferOutput<typeof recordSchema>;

/** The record; empty if somebody else suspended the Canary. */
export function suspensionRecordOf(canary: Canary | undefined): SuspensionRecord {
  const parsed = v.safeParse(recordSchema, canary?.metadata.annotations?.[HELD]);
  return parsed.success ? parsed.output : {};
}

/** Suspends the Canary, and keeps what an undo needs. The `false` beside an earlier record is this step's own. */
export function suspendCanary(canary: Canary, { spec }: Deployment): LiveWrite {
  const isOwn = HELD in (canary.metadata.annotations ?? {}) && canary.spec.revertOnDeletion === false;
  const revertOnDeletion = isOwn ? undefined : canary.spec.revertOnDeletion;
  const { progressDeadlineSeconds } = spec;
  const record: SuspensionRecord = {
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    ...suspensionRecordOf(canary),
    ...(revertOnDeletion !== undefined && { revertOnDeletion }),
  };
  return annotated(canaries, canary, { [HELD]: JSON.stringify(record) }, [
    { op: "add", path: "/spec/suspend", value: true },
    { op: "add", path: REVERT, value: false },
  ]);
}

/** Lets Flagger act on the Canary again, as the user wrote it. */
export function resumeCanary(canary: Canary): LiveWrite {
  return guardedPatch(canaries, canary, [
    { op: "remove", path: "/spec/suspend" },
    ...(HELD in (canary.metadata.annotations ?? {}) ? giveBack(canary) : []),
  ]);
}

function giveBack(canary: Canary): JsonPatch {
  const { revertOnDeletion: value } = suspensionRecordOf(canary);
  const isThere = canary.spec.revertOnDeletion !== undefined;
  return [
    { op: "remove", path: annotationPath(HELD) },
    ...(value === undefined ? [] : [{ op: "add" as const, path: REVERT, value }]),
    ...(value === undefined && isThere ? [{ op: "remove" as const, path: REVERT }] : []),
  ];
}
