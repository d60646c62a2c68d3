import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import { CONDITION } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { canaryCondition, says, writeConditions } from "../workload/writes.ts";
import type { ConditionUpdate, Decision } from "./decision.ts";
import { stepSince } from "./health.ts";
import { type Snapshot, stepOf } from "./snapshot.ts";
import { waitIn } from "./wait.ts";

/** A state that passes in less than this (ms) is not worth a write: people could not read it. */
const PASSING_MS = 5_000;
/** How often a sentence that only changed its numbers is written again, in ms. */
export const REWRITE_MS = 30_000;

/** Writes the condition `Canary` if it has changed and the change is worth a write. */
export function report(snapshot: Snapshot, update: ConditionUpdate | undefined): Decision {
  if (update === undefined) return { writes: [] };
  const present = conditionOf(snapshot.deployment.status?.conditions, CONDITION);
  const sameReason = present?.reason === update.reason && present.status === update.status;
  if (sameReason && says(present, update.message)) return { writes: [] };
  const reported = Date.parse(present?.lastUpdateTime ?? "");
  // The API server keeps whole seconds.
  const isOfThisRollout = reported + 1_000 > Date.parse(snapshot.held.started);
  const since = begun(snapshot, update) ?? 0;
  // The webhook's clock wrote the start, and it may be ahead of this one.
  const leftMs = since > snapshot.now ? 0 : since + PASSING_MS - snapshot.now;
  if (isOfThisRollout && leftMs > 0) return { writes: [], waitMs: leftMs };
  if (isBrief(snapshot, present, update) && snapshot.now - reported < REWRITE_MS) return { writes: [] };
  const mayWait =
    sameReason && ["Preparing", "Progressing", "Holding", "Promoting", "Undoing"].includes(update.reason);
  const numbersOnly =
    mayWait &&
    essence(update.reason, present.message) === essence(update.reason, update.message.toWellFormed());
  if (numbersOnly && snapshot.now - reported < REWRITE_MS) return { writes: [] };
  return { writes: [writeConditions(snapshot.deployment, [canaryCondition(update, tellingAt(snapshot))])] };
}

/**
 * The instant (RFC 3339) of a condition about this rollout: not before its start, which tells it from an earlier rollout's. The
 * webhook's clock wrote the start, and it may be ahead of this one.
 */
export function tellingAt({ now, held }: Pick<Snapshot, "now" | "held">): string {
  return instant(Math.max(now, Date.parse(held.started)));
}

/**
 * Whether a short step only begins to wait for more evidence: it may go on in a moment, before people have read that. The
 * condition has told its weight.
 */
function isBrief(snapshot: Snapshot, present: Condition | undefined, update: ConditionUpdate): boolean {
  const step = stepOf(snapshot);
  const isShort = step !== undefined && step.kind !== "pause" && step.leastMs < REWRITE_MS;
  const isTold =
    present?.reason === "Progressing" && Date.parse(present.lastUpdateTime ?? "") >= stepSince(snapshot);
  return isShort && isTold && waitIn(update) === "evidence";
}

/** Since when (ms) a state lasts that often passes in a moment; `undefined`: it does not. */
function begun({ run, held }: Snapshot, { reason }: ConditionUpdate): number | undefined {
  if (reason === "Preparing") return Date.parse(run?.stepSince ?? held.started);
  return reason === "Promoting" ? Date.parse(held.detached ?? held.started) : undefined;
}

/**
 * The part of a message that makes it new: without numbers, and for a step in progress its weight without its verdict. What
 * stands after the first sentence came beside the step (`saying`), such as another workload behind a Service.
 */
function essence(reason: ConditionUpdate["reason"], message = ""): string {
  if (reason !== "Progressing") return withoutNumbers(message);
  const [step = "", ...beside] = message.split(". ");
  return [step.replace(/:.*/, ""), ...beside.map(withoutNumbers)].join(". ");
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+(\.\d+)?/g, "#");
}

/** The sentence of a failure that has no record: the canary had no ReplicaSet yet, or the API server refused the record. */
export function toldFailure({ deployment, run }: Pick<Snapshot, "deployment" | "run">): string {
  const told = conditionOf(deployment.status?.conditions, CONDITION);
  if (told?.reason === "RolledBack") return told.message ?? "";
  return run === undefined
    ? "rolled back before the canary had a ReplicaSet"
    : "rolled back; the API server refused the record of the reason";
}
