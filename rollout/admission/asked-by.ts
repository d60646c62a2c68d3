import type { Deployment } from "../../kube/core/workloads.ts";
import { type HoldRecord, holdRecordOf, withHoldRecord } from "../workload/hold-record.ts";
import { requestBy, type Verb, withRequest } from "../workload/requests.ts";
import { sameTemplate } from "../workload/template.ts";
import type { AdmissionResponse } from "./answer.ts";

/** The answer with the request's author in the hold record, if the request begins a rollout or changes its course. */
export function withAuthor(
  answer: AdmissionResponse,
  old: Deployment,
  user: string | undefined,
  now: string,
): AdmissionResponse {
  const after = answer.allowed ? holdRecordOf(answer.object) : undefined;
  if (user === undefined || !answer.allowed || after === undefined) return answer;
  const before = holdRecordOf(old);
  const verb = verbOf(answer.object, old, after, before);
  if (verb === undefined) return answer;
  const begun = after.started === before?.started ? before.requests : undefined;
  const requests = withRequest(begun, requestBy(user, verb, now));
  return { ...answer, object: withHoldRecord(answer.object, { ...after, requests }, old) };
}

/** What Serin decided about a Deployment, as the API server's audit log shows it. Refusals are in `writeReview`. */
export function auditOf(answer: AdmissionResponse, old: Deployment): Readonly<Record<string, string>> {
  if (!answer.allowed) return {};
  const after = holdRecordOf(answer.object);
  const verb = after && verbOf(answer.object, old, after, holdRecordOf(old));
  if (after !== undefined && verb !== undefined) {
    return { rollout: after.started, decision: describe(verb, after) };
  }
  if (after !== undefined || sameTemplate(answer.object.spec.template, old.spec.template)) return {};
  return { decision: "native rolling update" };
}

function describe(verb: Verb, { latched }: HoldRecord): string {
  switch (verb) {
    case "update":
      return latched ? "superseding: canary waits" : "canary started";
    case "undo":
      return "undo";
    case "promote":
    case "advance":
    case "abort":
    case "retry":
      return `order ${verb}`;
    default:
      return verb satisfies never;
  }
}

/** What the request asked for, by the two records. */
function verbOf(
  object: Deployment,
  old: Deployment,
  after: HoldRecord,
  before: HoldRecord | undefined,
): Verb | undefined {
  if (after.phase === "undone") return before?.phase === "undone" ? undefined : "undo";
  if (after.asked !== undefined && after.asked !== before?.asked) return after.asked;
  if (after.started === before?.started) {
    return after.advance !== undefined && after.advance !== before.advance ? "advance" : undefined;
  }
  return sameTemplate(object.spec.template, old.spec.template) ? "retry" : "update";
}
