import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { formatComplaints } from "../plan/complaints.ts";
import { type DefaultSources, outline, planWith, type ResolvedPlan } from "../plan/layers.ts";
import { isOptedIn } from "../plan/plan.ts";
import { type HoldRecord, holdRecordOf, isHoldRecordNewer, withDefaults } from "../workload/hold-record.ts";
import { planOf } from "../workload/plan-of.ts";
import { sameTemplate } from "../workload/template.ts";
import { withoutPastAdvance } from "./advance-order.ts";
import {
  type AdmissionResponse,
  allowed,
  allowedNatively,
  denied,
  restoring,
  withWarnings,
} from "./answer.ts";
import type { Asking } from "./asking.ts";
import { ended } from "./back-to-stable.ts";
import { type ClusterState, onlyVersions, type TemplateRequest } from "./change.ts";
import { carriedHold, cleanse } from "./cleanse.ts";
import { healedWarnings, uncopied } from "./copies.ts";
import { keep } from "./keep.ts";
import { manifestOrders, notingIn } from "./manifest-orders.ts";
import { misplacedWarnings } from "./misplaced-keys.ts";
import { keptWarning } from "./needs-layers.ts";
import { refuseNewRules } from "./new-rules.ts";
import { admitNewTemplate, mayStart, NEWER } from "./new-template.ts";
import { optOutWarnings, restoreOnOptOut } from "./opt-out.ts";
import { applyOrders, withoutEarlyOrders } from "./orders.ts";
import { keepPlanPause, notingResume } from "./resume.ts";

/**
 * Answers a Deployment's creation: the plan must be valid, and Serin drops its own keys from a copy of a Deployment in flight.
 * `places` are the sources of defaults; absent: no defaults. `replicaSets` are those that the Deployment would adopt; needed
 * only for such a copy.
 */
export function admitCreate(
  requested: Deployment,
  places?: DefaultSources,
  replicaSets: readonly ReplicaSet[] = [],
): AdmissionResponse {
  const { parsed, warnings } = outlineOf(requested, undefined, places);
  const optedIn = isOptedIn(requested.metadata.annotations);
  if (optedIn && "complaints" in parsed) return denied(formatComplaints(parsed.complaints));
  const copied = uncopied(requested, replicaSets);
  if ("refusal" in copied) return denied(copied.refusal);
  const object = cleanse(copied.object, undefined);
  const misplaced = misplacedWarnings(object, undefined);
  return allowed(object, [
    ...copied.warnings,
    ...healedWarnings(requested, object),
    ...warnings,
    ...misplaced,
  ]);
}

/** Whether an update changes the version, so that admission must read the cluster before it can answer. */
export function changesTemplate(requested: Deployment, old: Deployment): boolean {
  return !sameTemplate(requested.spec.template, old.spec.template);
}

/**
 * Answers a Deployment's update. `cluster` is needed only if the template changes. `now` is RFC 3339. `places` are needed if
 * the plan changes, or if the template does and the update ends no rollout; otherwise the defaults count with which it began.
 */
export function admitUpdate(
  requested: Deployment,
  old: Deployment,
  cluster: ClusterState | undefined,
  now: string,
  places?: DefaultSources,
  asking: Asking = {},
): AdmissionResponse {
  const held = holdRecordOf(old);
  // At rest it would be another rollout, without the fields that the user wrote.
  if (held === undefined && isHoldRecordNewer(old)) return denied(NEWER);
  const object = cleanse(requested, old);
  const given = { held, cluster, now, places, asking, carried: carriedHold(requested) };
  const misplaced = misplacedWarnings(object, old);
  return withWarnings(answerUpdate(object, old, given), [...healedWarnings(requested, object), ...misplaced]);
}

/**
 * Whether an update to another version may start a rollout. If not, `onlyVersions` of these ReplicaSets suffices for admitUpdate,
 * with the routes that have a share if it ends a rollout (endsRollout). `places` as for admitUpdate.
 */
export function mayStartRollout(
  requested: Deployment,
  old: Deployment,
  replicaSets: readonly ReplicaSet[],
  now: string,
  places?: DefaultSources,
): boolean {
  const [object, held, cluster] = [cleanse(requested, old), holdRecordOf(old), onlyVersions(replicaSets)];
  const given = { held, cluster, now, asking: {}, carried: carriedHold(requested) };
  return mayStart(templateRequestOf(object, old, outlineOf(object, held, places), given).request);
}

/** What an answer to an update depends on beside the object, which is cleansed, and the stored one. */
interface Given {
  readonly held: HoldRecord | undefined;
  readonly cluster: ClusterState | undefined;
  readonly now: string;
  readonly places: DefaultSources | undefined;
  readonly asking: Asking;
  /** The hold record in the request. */
  readonly carried: HoldRecord | undefined;
}

function answerUpdate(object: Deployment, old: Deployment, given: Given): AdmissionResponse {
  const { held, cluster, now, places, asking, carried } = given;
  const outlined = outlineOf(object, held, places);
  const { parsed, layers, warnings } = outlined;
  const optedIn = isOptedIn(object.metadata.annotations);
  if (cluster !== undefined) {
    const { request, early } = templateRequestOf(object, old, outlined, { ...given, cluster });
    const admitted = admitNewTemplate(request);
    // The API server may ask again with Serin's own answer, from which the orders are gone.
    const came = [...manifestOrders(object, asking.fieldManager), ...(carried?.manifestOrders ?? [])];
    const answer = notingIn(admitted, old, came);
    const said = optedIn ? [...early(answer), ...warnings] : optOutWarnings(object, old);
    return withWarnings(answer, said);
  }
  if (!optedIn) return admitOptOut(object, old, held);
  if ("complaints" in parsed) return denied(formatComplaints(parsed.complaints));
  const rules = refuseNewRules(parsed.plan, old, held);
  if (rules !== undefined) return denied(rules);
  const asked = applyOrders({ object, old, held, plan: parsed.plan, now, asking, carried });
  if ("allowed" in asked) return asked;
  const warned = [...asked.warnings, ...warnings];
  if (asked.held === undefined) return allowed(asked.object, warned);
  if (asked.held.started === held?.started) {
    const kept = keepPlanPause(asked.object, old, asked.held, asking);
    const said = [...warned, ...keptWarning(object, old), ...kept.warnings];
    const current = withoutPastAdvance(asked.held, held, planOf(old), parsed.plan);
    const noted = notingResume(current, kept.object, old, asking, now);
    return allowed(keep(kept.object, old, noted), said);
  }
  // A retry is another rollout: it begins with the current defaults.
  return allowed(keep(asked.object, old, withDefaults(asked.held, layers)), warned);
}

/** The request for a new template, and the warnings of orders that come too early with it. */
function templateRequestOf(
  object: Deployment,
  old: Deployment,
  { parsed, layers }: ResolvedPlan,
  { held, cluster, now, asking, carried }: Omit<Given, "places"> & { readonly cluster: ClusterState },
): {
  readonly request: TemplateRequest;
  readonly early: (answer: AdmissionResponse) => readonly string[];
} {
  const plan = isOptedIn(object.metadata.annotations) && "plan" in parsed ? parsed.plan : undefined;
  const complaint = "complaints" in parsed ? formatComplaints(parsed.complaints) : undefined;
  const early = plan ? withoutEarlyOrders(object, old) : { object, warnings: () => [] };
  const from = { old, held, plan, complaint, layers, cluster, now, carried, dryRun: asking.dryRun ?? false };
  return { request: { ...from, object: early.object }, early: early.warnings };
}

/** The plan with the current defaults if they were read, otherwise with those with which the rollout began. */
function outlineOf(
  { metadata }: Deployment,
  held: HoldRecord | undefined,
  places: DefaultSources | undefined,
): ResolvedPlan {
  const own = metadata.annotations ?? {};
  if (places !== undefined) return outline(own, places);
  const layers = held?.defaults ?? [];
  return { parsed: planWith(own, layers), layers, warnings: [] };
}

function admitOptOut(object: Deployment, old: Deployment, held: HoldRecord | undefined): AdmissionResponse {
  if (held === undefined) return allowedNatively(object, old);
  // An undo has replaced the annotations and with them the opt-in; the rollout in flight ends by itself.
  if (!isOptedIn(old.metadata.annotations)) return allowed(keep(object, old, held));
  // Nothing is left to undo, and all pods serve already.
  if (held.lost && held.phase !== "undone")
    return allowed(ended({ object, old }, held), [], [restoring(old)]);
  return denied(restoreOnOptOut(held, old));
}
