import type { Deployment } from "../../kube/core/workloads.ts";
import { revertAdvice } from "../tracking/decide.ts";
import { configLost } from "../tracking/pending.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { type AdmissionResponse, denied } from "./answer.ts";

/** The answer to a new template by the tracker: an edited ConfigMap must not restart a pod without a canary. */
export function answerTracker(answer: AdmissionResponse): AdmissionResponse {
  if (!answer.allowed) return answer;
  const held = holdRecordOf(answer.object);
  if (held !== undefined && !held.lost) return answer;
  const why = answer.warnings.join("; ").replace(/^native rolling update, /, "") || "no canary";
  return denied(`a changed ConfigMap or Secret restarts no pods by itself: ${why}`);
}

/** The answer to a template by anyone else, with a warning if it goes back but the ConfigMap or Secret behind it does not. */
export function answerPerson(answer: AdmissionResponse, old: Deployment): AdmissionResponse {
  if (!answer.allowed) return answer;
  const lost = configLost(old.spec.template, answer.object.spec.template);
  if (lost.length === 0) return answer;
  return { ...answer, warnings: [...answer.warnings, revertAdvice(lost)] };
}
