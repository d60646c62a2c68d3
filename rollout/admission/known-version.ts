import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { CONFIG } from "../keys.ts";
import { orders } from "../plan/orders.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { revisionOf } from "../workload/revision.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { findByTemplate, hashOf } from "../workload/template.ts";
import { type AdmissionResponse, denied, withWarnings } from "./answer.ts";
import type { PlannedChange, TemplateChange } from "./change.ts";
import { restartsNatively } from "./natively.ts";
import { wayBack } from "./way-back.ts";

const RETRY = orders.retry.key;
type Refused = AdmissionResponse & { allowed: false };

/**
 * Why the requested version needs no canary at rest: it was promoted before, or it was the stable version until the present
 * one was promoted. A tracked ConfigMap that has changed since has no other content by an undo, so that is another version.
 */
export function provenBefore(change: PlannedChange): string | undefined {
  const how = howProven(change);
  return how && `${how} (serin.dev/rollback: canary asks for a canary)`;
}

/**
 * The answer with a warning if such a version gets a canary only because of the rollout in flight: without one, users go back
 * at once, and an order does the same here.
 */
export function withProvenHint(answer: AdmissionResponse, change: PlannedChange): AdmissionResponse {
  const how = change.held === undefined ? undefined : howProven(change);
  if (how === undefined || !answer.allowed || holdRecordOf(answer.object)?.phase !== "canary") return answer;
  return withWarnings(answer, [
    `${how}, and gets a canary because of the rollout in flight; serin.dev/promote, once it is in flight itself, promotes it at once`,
  ]);
}

function howProven(change: PlannedChange): string | undefined {
  const { current, held, stable, plan } = change;
  const set = requestedSet(change);
  if (plan.rollback === "canary" || set === undefined || set === current) return undefined;
  if (configOf(set) !== change.old.spec.template.metadata?.annotations?.[CONFIG]) return undefined;
  const how = proofOf(set, held === undefined ? current : stable);
  return how && `revision ${revisionOf(set)} ${how}`;
}

/** What proves this version beside another one, in words; `undefined`: nothing does. */
export function proofOf(set: ReplicaSet, beside: ReplicaSet | undefined): string | undefined {
  const last = beside && lastRunOf(beside);
  if (last?.outcome === "promoted" && last.stable === hashOf(set))
    return "was the stable version before this one";
  return lastRunOf(set)?.outcome === "promoted" ? "was promoted before" : undefined;
}

/**
 * Refuses a version whose last canary failed, because a tool that applies its manifests again would start one canary of it
 * after the other. An order to retry its revision, in this request or stored before it, allows one more.
 */
export function refuseFailed(change: PlannedChange): Refused | undefined {
  const { object, old, held, stable, carried } = change;
  const set = requestedSet(change);
  if (set === undefined) return refuseRestart(change);
  if (!hasFailed(set)) return undefined;
  const last = lastRunOf(set);
  // The API server may ask again with Serin's own answer, which has begun the new canary and has lost the order.
  const begun = [last?.started ?? "", held?.started ?? ""];
  if (carried !== undefined && begun.every((started) => carried.started > started)) return undefined;
  const revision = revisionOf(set);
  const asked = object.metadata.annotations?.[RETRY] ?? old.metadata.annotations?.[RETRY];
  if (revision !== undefined && asked?.trim() === revision) return undefined;
  return denied(
    [
      `revision ${revision} has this template, and its canary failed (${whyFailed(set)})`,
      `${retryCommand(change, set)} allows one more canary; apply the template after it`,
      "any other template starts its own canary",
      ...(held && stable ? [goesBack(change)] : []),
    ].join("; "),
  );
}

/** Refuses to restart a failed version that is held, unless restarts are to have a canary: that would try it again by itself. */
function refuseRestart(change: PlannedChange): Refused | undefined {
  const { held, current, stable } = change;
  if (!restartsNatively(change) || held?.phase !== "failed" || current === undefined || !hasFailed(current))
    return undefined;
  return denied(
    [
      `a restart does not try revision ${revisionOf(current)} again, because its canary failed (${whyFailed(current)})`,
      `${retryCommand(change, current)} tries it again`,
      ...(stable ? [goesBack(change)] : []),
    ].join("; "),
  );
}

function whyFailed(set: ReplicaSet): string {
  const [why = ""] = (lastRunOf(set)?.message ?? "").split(". ");
  return why;
}

function retryCommand({ object }: TemplateChange, set: ReplicaSet): string {
  return `kubectl annotate deployment/${object.metadata.name} ${RETRY}=${revisionOf(set)}`;
}

function goesBack(change: TemplateChange): string {
  return `${wayBack(change)} goes back to the stable version`;
}

/** The answer without the order to retry that allowed this canary. */
export function withoutRetry(answer: AdmissionResponse, change: TemplateChange): AdmissionResponse {
  const set = requestedSet(change);
  if (!answer.allowed || holdRecordOf(answer.object) === undefined) return answer;
  if (set === undefined || !hasFailed(set)) return answer;
  const { [RETRY]: _used, ...annotations } = answer.object.metadata.annotations ?? {};
  return { ...answer, object: { ...answer.object, metadata: { ...answer.object.metadata, annotations } } };
}

/** Whether the last canary of this ReplicaSet failed. */
export function hasFailed(set: ReplicaSet): boolean {
  return lastRunOf(set)?.outcome === "failed";
}

function requestedSet({ object, cluster }: TemplateChange): ReplicaSet | undefined {
  return findByTemplate(cluster.replicaSets, object.spec.template);
}

function configOf(set: ReplicaSet): string | undefined {
  return set.spec.template.metadata?.annotations?.[CONFIG];
}
