import type { Deployment } from "../../kube/core/workloads.ts";
import type { OrderName } from "../../rollout/plan/orders.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { revisionOf } from "../../rollout/workload/revision.ts";
import { formatAge } from "../frame/age.ts";
import { UsageError } from "../frame/failure.ts";
import type { OrderTarget } from "./target.ts";

/** An order to send, and what is said once it is taken. */
export interface Order {
  readonly key: string;
  readonly value: string;
  readonly says: string;
}

/**
 * The order about what is in flight now. It names the revision, and to advance also the step, so that it does nothing if
 * another one has come meanwhile. `now` is in ms. Throws UsageError if it cannot be obeyed, with what can be done.
 */
export function orderAbout(name: OrderName, target: OrderTarget, now: number): Order {
  const key = `serin.dev/${name}`;
  const { revision, step } = target;
  if (name === "retry") return { key, value: revision, says: retried(target, now) };
  refuseUnlessInFlight(name, target, now);
  switch (name) {
    case "promote":
      return { key, value: revision, says: `promotion of revision ${revision} ordered${atStep(target)}` };
    case "abort": {
      const stable = target.stable && revisionOf(target.stable);
      const back = stable === undefined ? "" : `, all traffic goes to revision ${stable}`;
      return { key, value: revision, says: `abort of revision ${revision} ordered${atStep(target)}${back}` };
    }
    case "advance": {
      if (step === undefined) throw refusal(target, "has no valid plan: kubectl serin lint shows its faults");
      if (step.inForce >= step.of)
        throw refusal(target, `is at its last step: kubectl serin promote ${nameOf(target)} promotes it`);
      const value = `${revision}/${step.inForce}`;
      return { key, value, says: `advance of revision ${revision} ordered${atStep(target)}` };
    }
    default:
      return name satisfies never;
  }
}

/** Whether Serin's webhook has taken the order: it removes the annotation and notes the order in its record. */
export function isTaken(name: OrderName, before: OrderTarget, after: Deployment): boolean {
  const held = holdRecordOf(after);
  if (held === undefined || `serin.dev/${name}` in (after.metadata.annotations ?? {})) return false;
  switch (name) {
    case "promote":
    case "abort":
      return held.asked === name;
    case "advance":
      return held.advance === before.step?.inForce;
    case "retry":
      return held.phase === "canary" && held.started !== before.held?.started;
    default:
      return name satisfies never;
  }
}

function retried(target: OrderTarget, now: number): string {
  const { held, revision, last } = target;
  refuseIfLost(target);
  if (held?.phase === "failed") {
    const ago = last?.ended === undefined ? "" : ` ${formatAge(now - Date.parse(last.ended))} ago`;
    return `retry of revision ${revision} ordered: it was rolled back${ago}`;
  }
  if (held !== undefined)
    throw refusal(target, `is ${stateOf(target)}, and only a failed version can be retried`);
  throw refusal(
    target,
    `has no failed version to retry; kubectl annotate deployment/${nameOf(target)} serin.dev/retry=REVISION allows an earlier one that failed, when its template comes back`,
  );
}

function refuseUnlessInFlight(name: OrderName, target: OrderTarget, now: number): void {
  const { held } = target;
  if (held === undefined) throw refusal(target, `is not in flight${atRest(target, now)}`);
  const { phase, lost } = held;
  if (name !== "promote") refuseIfLost(target);
  if (phase === "canary" || (lost && name === "promote" && phase === "failed")) return;
  const ways =
    phase === "failed"
      ? `: kubectl serin retry ${nameOf(target)} tries it again, kubectl serin undo ${nameOf(target)} goes back`
      : "";
  throw refusal(target, `is ${stateOf(target)}${ways}`);
}

/** For orders that need a stable version. In the other phases they are refused anyway, and there promote is, too. */
function refuseIfLost(target: OrderTarget): void {
  const { held } = target;
  if (held?.lost && (held.phase === "canary" || held.phase === "failed"))
    throw refusal(
      target,
      `has lost its stable version: kubectl serin promote ${nameOf(target)} keeps this one, another template replaces it`,
    );
}

function stateOf({ held, revision }: OrderTarget): string {
  switch (held?.phase) {
    case "canary":
      return `in flight with revision ${revision}`;
    case "promoting":
      return `promoting revision ${revision} already`;
    case "failed":
      return `held with revision ${revision}, which was rolled back`;
    case "undone":
      return "going back to its stable version already";
    default:
      return "at rest";
  }
}

function atRest({ deployment, last, revision }: OrderTarget, now: number): string {
  if (!isOptedIn(deployment.metadata.annotations))
    return " and not opted in: it needs the annotation serin.dev/rollout";
  if (last?.ended === undefined) return "";
  const ended = last.outcome === "failed" ? "was rolled back" : `was ${last.outcome}`;
  return `; revision ${revision} ${ended} ${formatAge(now - Date.parse(last.ended))} ago`;
}

function atStep({ step, run }: OrderTarget): string {
  return step === undefined || run === undefined
    ? " before its first step"
    : ` at step ${step.inForce} of ${step.of}`;
}

function nameOf({ deployment }: OrderTarget): string {
  return deployment.metadata.name;
}

function refusal(target: OrderTarget, why: string): UsageError {
  return new UsageError(`deployment/${nameOf(target)} ${why}`);
}
