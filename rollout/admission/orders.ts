import type { Deployment } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { type AdmissionResponse, denied } from "./answer.ts";

const REVISION = "deployment.kubernetes.io/revision";
const ORDERS = ["promote", "abort", "retry"] as const;
type OrderName = (typeof ORDERS)[number];

/** What a verb made of the request. */
export interface OrderResult {
  readonly object: Deployment;
  readonly held: HoldRecord | undefined;
  readonly warnings: readonly string[];
}

/**
 * `serin.dev/promote`, `abort` and `retry` are orders, not state: they are carried into the rollout's record and dropped
 * from the object. They name the revision, so that an order that comes late, or again with a manifest, does nothing.
 */
export function applyOrders(
  object: Deployment,
  held: HoldRecord | undefined,
  plan: Plan,
  old: Deployment,
  now: string,
  carried?: HoldRecord,
): OrderResult | (AdmissionResponse & { allowed: false }) {
  const verbs = ORDERS.filter((verb) => plan.orders[verb] !== undefined);
  if (verbs.length === 0) {
    const again = held && orderIn(carried, held);
    return again === undefined
      ? { object, held, warnings: [] }
      : obey(again, object, held as HoldRecord, now);
  }
  const stripped = withoutVerbs(object);
  if (verbs.length > 1) return denied(`only one of serin.dev/{${ORDERS.join(",")}} at a time`);
  const verb = verbs[0] as OrderName;
  if (held === undefined)
    return { object: stripped, held, warnings: [`serin.dev/${verb}: no rollout is in flight`] };
  const revision = old.metadata.annotations?.[REVISION];
  if (String(plan.orders[verb]) !== revision) {
    const message = `serin.dev/${verb}: "${plan.orders[verb]}" is not the revision in flight; expected "${revision}"`;
    return denied(message);
  }
  return obey(verb, stripped, held, now);
}

/** The order that our own answer to the same request holds: asked again, the annotation is gone already. */
function orderIn(carried: HoldRecord | undefined, held: HoldRecord): OrderName | undefined {
  if (carried === undefined) return undefined;
  if (carried.started === held.started && carried.asked !== held.asked) return carried.asked;
  const retried = held.phase === "failed" && carried.phase === "canary" && carried.started > held.started;
  return retried ? "retry" : undefined;
}

function obey(verb: OrderName, object: Deployment, held: HoldRecord, now: string): OrderResult {
  const useless = {
    object,
    held,
    warnings: [`serin.dev/${verb}: not possible while the rollout is ${held.phase}`],
  };
  if (verb !== "retry")
    return held.phase === "canary" ? { object, held: { ...held, asked: verb }, warnings: [] } : useless;
  if (held.phase !== "failed") return useless;
  const { asked: _asked, ...rest } = held;
  const again: HoldRecord = { ...rest, phase: "canary", started: now };
  // The hold is still in force; the controller sizes the canary.
  return { object, held: again, warnings: [] };
}

function withoutVerbs(object: Deployment): Deployment {
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(
      ([key]) => !ORDERS.some((verb) => key === `serin.dev/${verb}`),
    ),
  );
  return { ...object, metadata: { ...object.metadata, annotations } };
}
