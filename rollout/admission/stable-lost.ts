import type { HoldRecord } from "../workload/hold-record.ts";
import { isStableGone } from "../workload/stable-gone.ts";
import { type AdmissionResponse, restoring, withWarnings } from "./answer.ts";
import { undo } from "./back-to-stable.ts";
import type { TemplateChange } from "./change.ts";

/** Whether nothing is left to compare with: the stable ReplicaSet is gone, or native control replaces its pods. */
export function hasNoStable(
  { object, stable }: Pick<TemplateChange, "object" | "stable">,
  held: HoldRecord,
): boolean {
  const isComplete = (stable?.status?.availableReplicas ?? 0) >= (object.spec.replicas ?? 1);
  const isReplaced = held.lost === true && held.phase === "undone" && !isComplete;
  return isStableGone(held, stable) || isReplaced;
}

/**
 * Admits any template after the stable version was lost, the stable one among them, whose ReplicaSet native control creates
 * again. Nothing is left to compare with. The Services come first: isolated ones have no pod that answers.
 */
export function replaceNatively(change: TemplateChange, held: HoldRecord): AdmissionResponse {
  const answer = undo(change, { ...held, lost: true });
  const gone =
    change.stable === undefined ? "the stable ReplicaSet is gone" : "no pod of the stable version was ready";
  const why = `${gone}: there is nothing to compare with`;
  return withWarnings({ ...answer, effects: [restoring(change.old), ...answer.effects] }, [
    `native rolling update, no canary: ${why}`,
  ]);
}
