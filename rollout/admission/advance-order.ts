import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";
import { equal } from "../text/equal.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { runRecordOf } from "../workload/run-record.ts";
import { stepInForce } from "../workload/step-in-force.ts";
import { type AdmissionResponse, denied } from "./answer.ts";

/** The step that an order names, and the step in force; both count from 1. */
interface AskedStep {
  readonly named: number;
  readonly inForce: number;
  readonly last: number;
  /** Whether the plan has paused the Deployment at the step in force. */
  readonly isPlansPause: boolean;
}

/** Compares the order `serin.dev/advance` with the record of the version in flight, whose ReplicaSet is `present`. */
export function askedStep(
  { orders, steps }: Plan,
  present: ReplicaSet | undefined,
  held: HoldRecord,
): AskedStep {
  const run = present && runRecordOf(present, held.started);
  return {
    named: orders.advance?.step ?? 0,
    inForce: stepInForce(run, steps) + 1,
    last: steps.length,
    isPlansPause: run?.paused === true,
  };
}

/**
 * Notes the order in the hold record. It names the step that it leaves, so that an order that comes late, or again with a
 * manifest, approves no later step. `object` is the request without the order.
 */
export function advanced(
  object: Deployment,
  held: HoldRecord,
  { named, inForce, last, isPlansPause }: AskedStep,
  revision: string,
):
  | { readonly object: Deployment; readonly held: HoldRecord; readonly warnings: readonly string[] }
  | (AdmissionResponse & { allowed: false }) {
  const { name } = object.metadata;
  if (inForce >= last)
    return denied(
      `serin.dev/advance: step ${inForce} of ${last} is the last one; expected serin.dev/promote=${revision}, which promotes`,
    );
  if (named !== inForce)
    return denied(
      `serin.dev/advance: "${revision}/${named}" is not the step in force; expected "${revision}/${inForce}"`,
    );
  if (object.spec.paused && !isPlansPause && !held.latched)
    return denied(
      `serin.dev/advance: the Deployment is paused; kubectl rollout resume deployment/${name} first`,
    );
  return { object, held: { ...held, advance: named }, warnings: [] };
}

/**
 * The record without the order that was stored before, if the request changes the plan's steps: its number named a step of the
 * plan before, and may now name one that the canary has still to pass.
 */
export function withoutPastAdvance(
  asked: HoldRecord,
  held: HoldRecord | undefined,
  before: Plan,
  plan: Plan,
): HoldRecord {
  if (asked.advance !== held?.advance || equal(before.steps, plan.steps)) return asked;
  const { advance: _past, ...rest } = asked;
  return rest;
}
