import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { hold, pause } from "../workload/hold.ts";
import { type HoldRecord, holdRecordOf, withDefaults, withHoldRecord } from "../workload/hold-record.ts";
import { describeRow } from "../workload/superseded-row.ts";
import { podsBeyond, withRoom } from "../workload/surge.ts";
import { findByHash, presentOf } from "../workload/template.ts";
import { type AdmissionResponse, allowed, denied } from "./answer.ts";
import { originalsNow, type PlannedChange } from "./change.ts";
import { examineVersion } from "./examine-version.ts";

/**
 * Whether another version waits until the one in flight is drained, whatever else is in the cluster. Its answer names nothing
 * that matters only to a canary that begins. `replicaSets`: the Deployment's own.
 */
export function mustWait(old: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  const held = holdRecordOf(old);
  return held?.phase === "canary" && !isUnstarted(old, held, presentOf(old, replicaSets));
}

/**
 * Whether the version in flight, whose ReplicaSet is `current`, has no pod and gets none: the user has paused the Deployment
 * since before it came. Several changes in a pause are one version, which the resume starts.
 */
export function isUnstarted(
  old: Deployment,
  { latched }: HoldRecord,
  current: ReplicaSet | undefined,
): boolean {
  return old.spec.paused === true && !latched && current === undefined;
}

/**
 * Pauses the Deployment, so that no pod changes until the controller has drained the superseded version. The new version's
 * canary then starts without another request, so what would keep it from one is refused now.
 */
export function supersede(
  change: PlannedChange,
  held: HoldRecord,
  warnings: readonly string[] = [],
): AdmissionResponse {
  const { object, old } = change;
  const stable = findByHash(change.cluster.replicaSets, held.stable) ?? old;
  const { refusal, caveats } = examineVersion(change, stable.spec.template);
  if (refusal !== undefined) return denied(refusal);
  const wasHeld = change.held !== undefined && change.held.phase !== "promoting";
  const { paused } = object.spec;
  const { paused: _paused, ...fields } = wasHeld ? originalsNow(change, held) : held.originals;
  const record: HoldRecord = {
    ...held,
    latched: true,
    originals: { ...fields, ...(paused ? { paused } : {}) },
  };
  // While paused, native control scales all versions to replicas + surge: a surge as it was moves the fewest pods.
  const present = (wasHeld ? old.spec.strategy : fields.strategy)?.rollingUpdate?.maxSurge ?? "25%";
  const { replicas = 1 } = object.spec;
  const surge = withRoom(present, replicas, podsBeyond(replicas, change.cluster.replicaSets));
  const warning = "another version is in flight; it is drained first, then this version's canary starts";
  const spec = pause(hold(object.spec, surge), true);
  const row = describeRow(held);
  const kept = withDefaults(record, change.layers);
  return allowed(withHoldRecord({ ...object, spec }, kept, old), [
    warning,
    ...(row === "" ? [] : [row]),
    ...caveats,
    ...warnings,
  ]);
}
