import * as v from "valibot";
import { amount, finite, list } from "../text/stored-json.ts";
import type { Criteria } from "./criteria.ts";
import { harmLimit } from "./criteria.ts";
import type { Evidence } from "./fold.ts";
import { logHarmOf } from "./metrics.ts";
import { safetyOf } from "./safety-verdict.ts";

/** Evidence and its limit, both as ln of the odds. */
const against = v.object({ log: finite, limit: finite });

/** The numbers of both versions. */
const arms = v.object({ canary: amount, stable: amount });

/** How far the evidence on a rollout is, in numbers that need neither the plan nor the ticks. */
export const progressSchema = v.object({
  /** When the last tick ended, in ms since the epoch. */
  at: amount,
  /** That the canary is worse than allowed; absent: nothing is compared. */
  harm: v.exactOptional(against),
  /** That the next weight is safe; absent: nothing is compared. */
  safe: v.exactOptional(against),
  /** How long (ms) it may take at this pace until the next weight is shown to be safe; absent: not known. */
  etaMs: v.exactOptional(amount),
  requests: arms,
  failed: arms,
  /** The requests that took longer than each bound (s). */
  slow: list(v.object({ bound: amount, canary: amount, stable: amount })),
  restarts: v.exactOptional(arms),
});

/** See `progressSchema`. */
export type Progress = Readonly<v.InferOutput<typeof progressSchema>>;

/** JSON has no infinite numbers, and no odds are told beyond e^100. */
const MOST = 100;

/** The numbers of the evidence, judged by these criteria. */
export function progressOf(evidence: Evidence, criteria: Criteria): Progress {
  const { errors, latency, bounds, restarts } = evidence;
  const [failedCanary, canary, failedStable, stable] = errors.totals;
  const slow = latency.map(({ totals: [slowCanary, , slowStable] }, i) => ({
    bound: bounds[i] ?? 0,
    canary: slowCanary,
    stable: slowStable,
  }));
  const restarted = restarts?.comparison.totals;
  const counts = {
    at: evidence.at,
    requests: { canary, stable },
    failed: { canary: failedCanary, stable: failedStable },
    slow,
    ...(restarted && { restarts: { canary: restarted[0], stable: restarted[2] } }),
  };
  const strengths = strengthsOf(evidence, criteria);
  if (strengths === undefined) return counts;
  const { harm, safe, leftMs } = strengths;
  return {
    ...counts,
    harm: { ...harm, log: bounded(harm.log) },
    safe: { ...safe, log: bounded(safe.log) },
    ...(leftMs !== undefined && { etaMs: Math.ceil(leftMs) }),
  };
}

/** The evidence against its limits; `undefined`: nothing is compared. `leftMs` is how long (ms) safety may still take. */
export function strengthsOf(evidence: Evidence, criteria: Criteria) {
  const { compare } = criteria;
  if (compare === "off") return undefined;
  const { strong, limit, leftMs } = safetyOf(evidence, compare, criteria);
  return {
    harm: { log: logHarmOf(evidence), limit: harmLimit(compare, criteria) },
    safe: { log: strong, limit },
    leftMs,
  };
}

function bounded(log: number): number {
  return Number(Math.max(-MOST, Math.min(MOST, log)).toFixed(4));
}
