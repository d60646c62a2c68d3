import type { Deployment } from "../../kube/core/workloads.ts";
import { orders } from "../plan/orders.ts";
import { type HoldRecord, holdRecordOf, withHoldRecord } from "../workload/hold-record.ts";
import type { AdmissionResponse } from "./answer.ts";
import { isApplied } from "./appliers.ts";

/** The most orders that a record keeps: the latest. */
const MOST = 8;

/**
 * The orders that come with a manifest, as the hold record names them; none from another client. Serin removes an order from
 * the object, so a tool that applies the manifest again seems to give it again, although no person does.
 */
export function manifestOrders(object: Deployment, manager: string | undefined): readonly string[] {
  if (!isApplied(object, manager)) return [];
  const given = object.metadata.annotations ?? {};
  return Object.entries(orders).flatMap(([name, { key }]) =>
    given[key] === undefined ? [] : [`${name}=${given[key].trim()}`],
  );
}

/** The record with the orders that came with a manifest. */
export function noting(held: HoldRecord, came: readonly string[]): HoldRecord {
  const known = held.manifestOrders ?? [];
  const fresh = came.filter((order) => !known.includes(order));
  return fresh.length === 0 ? held : { ...held, manifestOrders: [...known, ...fresh].slice(-MOST) };
}

/** The answer to a new template, with the orders that came with its manifest in the record. */
export function notingIn(
  answer: AdmissionResponse,
  old: Deployment,
  came: readonly string[],
): AdmissionResponse {
  const held = answer.allowed ? holdRecordOf(answer.object) : undefined;
  if (!answer.allowed || held === undefined || came.length === 0) return answer;
  return { ...answer, object: withHoldRecord(answer.object, noting(held, came), old) };
}
