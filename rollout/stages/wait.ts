import type { Verdict } from "../judge/verdict.ts";
import type { ConditionUpdate } from "./decision.ts";
import type { Facts } from "./snapshot.ts";

/**
 * Whom or what a rollout waits for:
 * - `person`: a pause, a hook that says no, or a decision that the evidence does not make;
 * - `hook`: a hook that gives no answer;
 * - `traffic`: requests to the canary;
 * - `metrics`: counters that can be read;
 * - `api`: a write that the API server refuses;
 * - `pods`: pods, endpoints and gateways;
 * - `evidence`: nothing but more requests, which are coming.
 */
export type Wait = "person" | "hook" | "traffic" | "metrics" | "api" | "pods" | "evidence";

/** The reason of the condition `Canary` for each wait: programs read the wait from it, and no one reads it from a sentence. */
const reasons = {
  person: "WaitingForPerson",
  hook: "WaitingForHook",
  traffic: "WaitingForTraffic",
  metrics: "WaitingForMetrics",
  api: "WaitingForApi",
  pods: "Preparing",
  evidence: "Holding",
} as const satisfies Record<Wait, ConditionUpdate["reason"]>;

const waits = new Map(Object.entries(reasons).map(([wait, reason]) => [reason as string, wait as Wait]));

/** The condition of a rollout that waits. */
export function waitingFor(wait: Wait, message: string): ConditionUpdate {
  return { status: "Unknown", reason: reasons[wait], message };
}

/** The wait that a condition's reason says; `undefined`: the rollout does not wait. */
export function waitIn(reason: string | undefined): Wait | undefined {
  return reason === undefined ? undefined : waits.get(reason);
}

/**
 * What a rollout waits for by the reason of its condition; without one, it still prepares. The first weight waits for pods,
 * unless the record says since when something else keeps it.
 */
export function waitOf(facts: Facts, reason = "Preparing"): Wait | undefined {
  if (isPaused(facts)) return "person";
  const wait = waitIn(reason);
  if (wait !== "pods") return wait;
  if (facts.run?.refusedSince !== undefined) return "api";
  return facts.run?.unroutedSince === undefined ? "pods" : "traffic";
}

/** Paused by the user or by the plan; a latch is Serin's own pause and ends by itself. */
export function isPaused({ deployment, held }: Pick<Facts, "deployment" | "held">): boolean {
  return deployment.spec.paused === true && held.latched !== true && held.phase === "canary";
}

/** What a step waits for that has lasted long enough, by the verdict about it. */
export function waitAfter(verdict: Pick<Verdict, "kind">): Wait {
  switch (verdict.kind) {
    case "unread":
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
