import type { Deployment } from "../../kube/core/workloads.ts";
import { LAST_APPLIED } from "../traffic/target-ports.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { type AdmissionResponse, denied } from "./answer.ts";

/** The API server stores at most so many bytes of annotations of an object, keys and values together. */
const MOST = 262_144;
/**
 * What the run record may need on the canary's ReplicaSet, in bytes. Native control copies the Deployment's annotations there,
 * and the record grows in flight: without room for it, Serin could not roll a bad canary back.
 */
const RUN_RECORD = 16_384;

/** The answer, but a refusal if it begins a rollout whose records would find no room beside the annotations of the user. */
export function withRoomForRecords(answer: AdmissionResponse, old: Deployment): AdmissionResponse {
  const held = answer.allowed ? holdRecordOf(answer.object) : undefined;
  if (!answer.allowed || held === undefined || held.started === holdRecordOf(old)?.started) return answer;
  const { annotations = {} } = answer.object.metadata;
  const { [LAST_APPLIED]: _notCopied, ...copied } = annotations;
  const over = Math.max(lengthOf(annotations), lengthOf(copied) + RUN_RECORD) - MOST;
  if (over <= 0) return answer;
  // In flight, the opt-in cannot go.
  const other = holdRecordOf(old) ? "" : ", or remove serin.dev/rollout for a native rolling update";
  return denied(
    `the annotations of the Deployment leave no room for Serin's records: shorten them by ${over} bytes${other}`,
  );
}

function lengthOf(annotations: Readonly<Record<string, string>>): number {
  return new TextEncoder().encode(Object.entries(annotations).flat().join("")).length;
}
