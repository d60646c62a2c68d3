import type { Deployment } from "../../kube/core/workloads.ts";
import { shareOf } from "../traffic/route-record.ts";
import { keepHistory, restoreFields } from "../workload/hold.ts";
import { type HoldRecord, withHoldRecord } from "../workload/hold-record.ts";
import { revisionOf } from "../workload/revision.ts";
import { sameTemplate } from "../workload/template.ts";
import { type AdmissionResponse, allowed, denied, type Effect } from "./answer.ts";
import {
  drainMs,
  LONGEST_DRAIN_MS,
  originalsNow,
  type TemplateChange,
  type TemplateRequest,
} from "./change.ts";

/**
 * Admits the stable template, with the user's own native fields. The canary loses its weight before its first pod. A dry run
 * drains nothing, so its answer is the one after the drain: a tool that begins with a dry run would repeat it for ever.
 */
export function undo(change: TemplateChange, held: HoldRecord): AdmissionResponse {
  const { uid, routes } = change;
  const isRouted = routes.some((route) => shareOf(route, uid) !== undefined);
  const { started, latched } = held;
  const effects: Effect[] = isRouted
    ? [{ kind: "drain", uid, undo: started, ...(latched && { latched }) }]
    : [];
  const pendingMs = drainMs(change);
  if (pendingMs > LONGEST_DRAIN_MS) {
    const wait = `its gateway needs up to ${Math.ceil(pendingMs / 1000)}s to follow; repeat this then`;
    if (!change.dryRun) return denied(`the canary is being drained first, and ${wait}`, effects);
    return allowed(ended(change, held), [`the canary will be drained first, and ${wait}`], effects);
  }
  return allowed(ended(change, held), [], effects);
}

/** The requested object with the user's own native fields, but the history is held until the controller has cleaned up. */
export function ended(change: Pick<TemplateRequest, "object" | "old">, held: HoldRecord): Deployment {
  const { object, old } = change;
  const { latched: _latched, asked: _asked, ...rest } = held;
  const failed = held.phase === "failed" ? { failed: true } : {};
  const originals = originalsNow(change, held);
  const spec =
    held.phase === "promoting" || held.phase === "undone"
      ? object.spec
      : restoreFields(object.spec, originals);
  const undone: HoldRecord = { ...rest, ...failed, phase: "undone", originals };
  return withHoldRecord({ ...object, spec: keepHistory(spec) }, undone, old);
}

/** Whether the requested template is the stable version's. */
export function returnsToStable({ object, stable }: Pick<TemplateChange, "object" | "stable">): boolean {
  return stable !== undefined && sameTemplate(stable.spec.template, object.spec.template);
}

/** Warns if a plain undo would go to the failed version: the newest one before this. One that never began has no number. */
export function undoWarning({ current, stable }: TemplateChange, held: HoldRecord): readonly string[] {
  const [failed, proven] = [current, stable].map((set) => set && revisionOf(set));
  const isNewer = Number(failed) > Number(proven);
  if (held.phase !== "failed" || !isNewer) return [];
  return [
    `kubectl rollout undo would go to the failed revision ${failed}; the stable one is --to-revision=${proven}`,
  ];
}
