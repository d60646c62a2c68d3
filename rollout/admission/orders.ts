import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { OrderName } from "../plan/orders.ts";
import type { Plan } from "../plan/plan.ts";
import { type HoldRecord, holdRecordOf } from "../workload/hold-record.ts";
import { findByRevision, revisionInFlight } from "../workload/revision.ts";
import { startAfter } from "../workload/start-after.ts";
import { findByHash, presentOf } from "../workload/template.ts";
import { kubectlUndo } from "../workload/undo-command.ts";
import { advanced, askedStep } from "./advance-order.ts";
import { type AdmissionResponse, denied } from "./answer.ts";
import type { Asking } from "./asking.ts";
import { hasFailed } from "./known-version.ts";
import { manifestOrders, noting } from "./manifest-orders.ts";
import { uselessIn } from "./useless-order.ts";

const ORDERS = ["promote", "advance", "abort", "retry"] as const satisfies readonly OrderName[];
/** An order to retry comes before its template. */
const EARLY = ORDERS.filter((order) => order !== "retry");

/** Why an order that came with this manifest before does nothing. */
const AGAIN = "a manifest that is applied again gives no order again; kubectl annotate gives it";

/** The request after an order. */
interface OrderResult {
  readonly object: Deployment;
  readonly held: HoldRecord | undefined;
  readonly warnings: readonly string[];
}

/** A request that may carry orders. */
interface OrderRequest {
  readonly object: Deployment;
  readonly old: Deployment;
  readonly held: HoldRecord | undefined;
  readonly plan: Plan;
  /** RFC 3339. */
  readonly now: string;
  readonly asking: Asking;
  /** The hold record in the request. */
  readonly carried: HoldRecord | undefined;
}

type Answered = OrderResult | (AdmissionResponse & { allowed: false });

/**
 * Carries out `serin.dev/promote`, `advance`, `abort` and `retry`. They are orders, not state: Serin moves them to the hold record. They
 * name the revision, so that an order that comes late, or again with a manifest, does nothing. It is that of the template,
 * also before native control has started it: the Deployment's annotation then still names the version before it.
 */
export function applyOrders(request: OrderRequest): Answered {
  const { object, old, held, plan, asking } = request;
  const waits = awaitsTemplate(plan, old, asking.replicaSets ?? []);
  const counting = ORDERS.filter((order) => order !== "retry" || !waits);
  const found = counting.filter((order) => plan.orders[order] !== undefined);
  // An undo brings back annotations of the version before, and an old order among them is not one of two.
  const given = found.filter((order) => !isStoredIn(old, object, order));
  const [order, ...others] = given.length > 0 ? given : found;
  if (order === undefined) return obeyAgain(request, waits ? awaiting(object, old) : []);
  if (others.length > 0) return denied(`only one of serin.dev/{${ORDERS.join(",")}} at a time`);
  const keys = counting.map((one) => `serin.dev/${one}`);
  const stripped = without(object, keys);
  if (held === undefined)
    return { object: stripped, held, warnings: [`serin.dev/${order}: no rollout is in flight`] };
  return applyOrder(order, stripped, { ...request, held });
}

/** Without an order in the annotations: the API server may ask again with Serin's own answer, which has it in its record. */
function obeyAgain({ object, held, now, carried }: OrderRequest, warnings: readonly string[]): OrderResult {
  const again = held && orderIn(carried, held);
  if (held === undefined || again === undefined || uselessNow(held, again) !== undefined)
    return { object, held, warnings };
  return obey(again, object, noting(held, carried?.manifestOrders ?? []), now, carried?.advance);
}

/** Carries out the one order of a rollout in flight. `stripped` is the object without it. */
function applyOrder(
  order: OrderName,
  stripped: Deployment,
  { object, old, held, plan, now, asking }: OrderRequest & { readonly held: HoldRecord },
): Answered {
  const { replicaSets = [], fieldManager } = asking;
  const key = `serin.dev/${order}`;
  const came = manifestOrders(object, fieldManager).filter((one) => one.startsWith(`${order}=`));
  if (came.some((one) => held.manifestOrders?.includes(one)))
    return { object: stripped, held, warnings: [`${key}: ${AGAIN}`] };
  const present = presentOf(old, replicaSets);
  const revision = revisionInFlight(old, present);
  const stable = findByHash(replicaSets, held.stable);
  const undo = kubectlUndo({ deployment: old, canary: present, stable });
  const useless = uselessNow(held, order, { revision, undo });
  const isStored = isStoredIn(old, object, order);
  const noted = noting(held, came);
  const named = order === "advance" ? plan.orders.advance?.revision : plan.orders[order];
  // After an undo, the template in place is not the one that the order names.
  const isOther = String(named) !== revision && held.phase !== "undone";
  // It is stored from before the rollout, so it names a version that is gone.
  if (isStored && (isOther || useless !== undefined)) return { object: stripped, held, warnings: [] };
  if (isOther) return denied(`${key}: "${named}" is not the revision in flight; expected "${revision}"`);
  if (useless !== undefined && "refusal" in useless) return denied(`${key}: ${useless.refusal}`);
  if (useless !== undefined) return { object: stripped, held: noted, warnings: [`${key}: ${useless.done}`] };
  if (order === "advance" && !held.lost)
    return advanced(stripped, noted, askedStep(plan, present, held), revision);
  return obey(order, stripped, noted, now);
}

/**
 * A request for a new template without the other orders in it, and what its answer then warns of. None of them names a version
 * in flight yet, and an order that stays on the object would be carried out later, with a request about something else.
 */
export function withoutEarlyOrders(
  object: Deployment,
  old: Deployment,
): { readonly object: Deployment; readonly warnings: (answer: AdmissionResponse) => readonly string[] } {
  const [asked, before] = [object, old].map(({ metadata }) => metadata.annotations ?? {});
  const early = EARLY.map((order) => `serin.dev/${order}`).filter((key) => asked?.[key] !== undefined);
  const isNew = (key: string) => asked?.[key] !== before?.[key];
  return {
    object: early.length === 0 ? object : without(object, early),
    warnings: (answer) => early.filter(isNew).map((key) => `${key}: ${ignored(answer, old)}`),
  };
}

/** An answer may also go back to the stable version, or leave the template to native control. */
function ignored(answer: AdmissionResponse, old: Deployment): string {
  const next = answer.allowed ? holdRecordOf(answer.object) : undefined;
  return next?.phase === "canary" && next.started !== holdRecordOf(old)?.started
    ? "ignored with a new template; give the order once that version is in flight"
    : "ignored with a template that begins no canary";
}

/** Whether the order to retry names a version that failed and that another one replaced: it counts when its template comes. */
function awaitsTemplate({ orders }: Plan, old: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  if (orders.retry === undefined) return false;
  const named = findByRevision(replicaSets, String(orders.retry));
  return named !== undefined && named !== presentOf(old, replicaSets) && hasFailed(named);
}

function awaiting(object: Deployment, old: Deployment): readonly string[] {
  const key = "serin.dev/retry";
  const named = object.metadata.annotations?.[key];
  if (named === old.metadata.annotations?.[key]) return [];
  return [`${key}: allows one more canary of revision ${named}: apply its template now`];
}

/** The order in Serin's own answer, if the API server asks again with it: the annotation is gone already. */
function orderIn(carried: HoldRecord | undefined, held: HoldRecord): OrderName | undefined {
  if (carried === undefined) return undefined;
  if (carried.started === held.started && carried.asked !== held.asked) return carried.asked;
  const { started, advance } = carried;
  if (started === held.started && advance !== undefined && advance !== held.advance) return "advance";
  const retried = held.phase === "failed" && carried.phase === "canary" && carried.started > held.started;
  return retried ? (carried.asked ?? "retry") : undefined;
}

/** Without a stable version, other rules say what counts. */
function uselessNow(held: HoldRecord, order: OrderName, about = { revision: "", undo: "" }) {
  return isLostIn(held) ? undefined : uselessIn(held, order, about);
}

function isStoredIn(old: Deployment, object: Deployment, order: OrderName): boolean {
  const key = `serin.dev/${order}`;
  return old.metadata.annotations?.[key] === object.metadata.annotations?.[key];
}

function isLostIn({ lost, phase }: HoldRecord): boolean {
  return lost === true && phase !== "undone";
}

function obey(
  order: OrderName,
  object: Deployment,
  held: HoldRecord,
  now: string,
  advance?: number,
): OrderResult {
  if (isLostIn(held)) return obeyWithoutStable(order, object, held, now);
  if (order === "advance")
    return { object, held: advance === undefined ? held : { ...held, advance }, warnings: [] };
  if (order !== "retry") return { object, held: { ...held, asked: order }, warnings: [] };
  const { asked: _asked, advance: _advance, row: _row, ...rest } = held;
  const again: HoldRecord = { ...rest, phase: "canary", started: startAfter(held, now) };
  // The hold is still in force; the controller sizes the canary.
  return { object, held: again, warnings: [] };
}

/** Without a stable version, a failed canary may be the only version left: its promotion is another rollout of it. */
function obeyWithoutStable(order: OrderName, object: Deployment, held: HoldRecord, now: string): OrderResult {
  if (order !== "promote") {
    const why =
      "not possible after the stable version was lost: promote this version, or set another template";
    return { object, held, warnings: [`serin.dev/${order}: ${why}`] };
  }
  const started = held.phase === "failed" ? startAfter(held, now) : held.started;
  return { object, held: { ...held, phase: "canary", started, asked: order }, warnings: [] };
}

function without(object: Deployment, keys: readonly string[]): Deployment {
  const kept = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !keys.includes(key));
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } };
}
