import type { Verdict } from "../judge/verdict.ts";
import type { Wait } from "../workload/waits.ts";
import type { ConditionUpdate } from "./decision.ts";
import { type Facts, stepIndex } from "./snapshot.ts";

/** The condition of a rollout that waits. */
export function waitingFor(wait: Wait, message: string): ConditionUpdate {
  return { status: "Unknown", reason: wait === "pods" ? "Preparing" : "Holding", message, wait };
}

/** The wait that a condition says; `undefined`: the rollout does not wait. */
export function waitIn(condition: Pick<ConditionUpdate, "wait" | "reason"> | undefined): Wait | undefined {
  if (condition?.reason === "Preparing") return "pods";
  if (condition?.reason === "StableLost") return "person";
  return condition?.reason === "Holding" ? (condition.wait ?? "evidence") : undefined;
}

/** The wait of a condition that was written: its reason and the record say it together. */
export function recordedWait({ run, ...facts }: Facts, reason: string | undefined): Wait | undefined {
  const known = run?.announced?.step === stepIndex({ run, ...facts }) ? run.announced.now : undefined;
  return waitIn({ reason: reason as ConditionUpdate["reason"], ...(known && { wait: known }) });
}

/**
 * What a rollout waits for, by the wait of its condition; without a condition, it still prepares. The first weight waits for
 * pods, unless the record says since when something else keeps it.
 */
export function waitOf(facts: Facts, wait: Wait | undefined): Wait | undefined {
  if (isPaused(facts)) return "person";
  if (wait !== "pods") return wait;
  if (facts.run?.refusedSince !== undefined) return "api";
  return facts.run?.unroutedSince === undefined ? "pods" : "traffic";
}

/** Paused by the user or by the plan; a latch is Serin's own pause and ends by itself. Native control promotes nothing then, too. */
export function isPaused({ deployment, held }: Pick<Facts, "deployment" | "held">): boolean {
  const goesOn = held.phase === "canary" || held.phase === "promoting";
  return deployment.spec.paused === true && held.latched !== true && goesOn;
}

/** What a step waits for that has lasted long enough, by the verdict about it. */
export function waitAfter(verdict: Pick<Verdict, "kind">): Wait {
  switch (verdict.kind) {
    case "unread":
    case "no-series":
      return "metrics";
    case "no-route":
    case "bypassed":
    case "silent":
      return "traffic";
    case "early":
    case "safe":
    case "weakly-safe":
    case "open":
      return "evidence";
    default:
      return verdict.kind satisfies never;
  }
}
