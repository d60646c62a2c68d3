import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { shareOf } from "../traffic/route-record.ts";
import { restoreFields } from "../workload/hold.ts";
import { type HoldRecord, withHoldRecord } from "../workload/hold-record.ts";
import { findByTemplate, hashOf, sameTemplate } from "../workload/template.ts";
import { type AdmissionResponse, allowed, denied, type Effect } from "./answer.ts";
import { drainedInAll, LONGEST_DRAIN_MS, originalsNow, routesOf, type TemplateChange } from "./change.ts";

/** The stable template comes back: the native fields with it, and the weight goes before the first pod does. */
export function undo(change: TemplateChange, held: HoldRecord): AdmissionResponse {
  const { object, old } = change;
  const uid = old.metadata.uid ?? "";
  const { latched: _latched, asked: _asked, ...rest } = held;
  const originals = originalsNow(change, held);
  const spec =
    held.phase === "promoting" || held.phase === "undone"
      ? object.spec
      : restoreFields(object.spec, originals);
  const record: HoldRecord = { ...rest, phase: "undone", originals };
  const effects: Effect[] = isAttached(change) ? [{ kind: "drain", uid, undo: true }] : [];
  const pendingMs = drainedInAll(change);
  if (pendingMs > LONGEST_DRAIN_MS) {
    const wait = `its gateway needs up to ${Math.ceil(pendingMs / 1000)}s to follow; repeat this then`;
    return denied(`the canary's traffic is being taken back first, and ${wait}`, effects);
  }
  return allowed(withHoldRecord({ ...object, spec }, record, old), [], effects);
}

function isAttached(change: TemplateChange): boolean {
  const { uid = "" } = change.old.metadata;
  return routesOf(change).some((route) => shareOf(route, uid) !== undefined);
}

export function returnsToStable({ object, cluster: reads }: TemplateChange, held: HoldRecord): boolean {
  const stable = reads.replicaSets.find((set) => hashOf(set) === held.stable);
  return stable !== undefined && sameTemplate(stable.spec.template, object.spec.template);
}

/** A plain undo goes to the revision before, which is the failed one. */
export function undoWarning({ old, cluster: reads }: TemplateChange, held: HoldRecord): readonly string[] {
  if (held.phase !== "failed") return [];
  const revision = (set: ReplicaSet | undefined) =>
    set?.metadata.annotations?.["deployment.kubernetes.io/revision"];
  const stable = revision(reads.replicaSets.find((set) => hashOf(set) === held.stable));
  const failed = revision(findByTemplate(reads.replicaSets, old.spec.template));
  return [
    `serin: kubectl rollout undo would go to the failed revision ${failed}; the stable one is --to-revision=${stable}`,
  ];
}
