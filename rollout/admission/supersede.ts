import { hold, pause } from "../workload/hold.ts";
import { type HoldRecord, withDefaults, withHoldRecord } from "../workload/hold-record.ts";
import { withRoom } from "../workload/surge.ts";
import { type AdmissionResponse, allowed } from "./answer.ts";
import { originalsNow, type TemplateChange } from "./change.ts";

/** Pauses the Deployment, so that no pod changes until the controller has drained the superseded version. */
export function supersede(
  change: TemplateChange,
  held: HoldRecord,
  warnings: readonly string[] = [],
): AdmissionResponse {
  const { object, old } = change;
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
  const pods = change.cluster.replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
  const surge = withRoom(present, replicas, pods - replicas);
  const warning =
    "serin: another version is in flight; it is drained first, then this version's canary starts";
  const spec = pause(hold(object.spec, surge), true);
  const kept = withDefaults(record, change.layers);
  return allowed(withHoldRecord({ ...object, spec }, kept, old), [warning, ...warnings]);
}
