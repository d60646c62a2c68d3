import type { Deployment } from "../../kube/core/workloads.ts";
import { revertAdvice } from "../tracking/decide.ts";
import { configLost } from "../tracking/pending.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { type AdmissionResponse, denied } from "./answer.ts";

/** The answer to a new template that the tracker wrote: no pod restarts without a canary because somebody edited a ConfigMap. */
export function answerTracker(answer: AdmissionResponse): AdmissionResponse {
  if (!answer.allowed || holdRecordOf(answer.object) !== undefined) return answer;
  const why = answer.warnings.join("; ").replace(/^serin: native rolling update, /, "") || "no canary";
  return denied(`a changed ConfigMap or Secret restarts no pods by itself: ${why}`);
}

/** The answer to anybody else's; who goes back in the template does not go back in what it was made for. */
export function answerPerson(answer: AdmissionResponse, old: Deployment): AdmissionResponse {
  if (!answer.allowed) return answer;
  const lost = configLost(old.spec.template, answer.object.spec.template);
  if (lost.length === 0) return answer;
  return { ...answer, warnings: [...answer.warnings, `serin: ${revertAdvice(lost)}`] };
}
