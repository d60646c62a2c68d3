import type { Compare } from "../plan/compare.ts";
import { formatDuration } from "../text/duration.ts";
import type { Comparison } from "./comparison.ts";
import { type Criteria, harmLimit, MOST_LOSS } from "./criteria.ts";
import { describeErrors } from "./describe.ts";
import type { Evidence } from "./fold.ts";
import { odds, percent } from "./format.ts";
import { logHarmOf } from "./metrics.ts";
import { logSafety, type Safety } from "./safety-test.ts";
import { isWarmIn } from "./warm-up.ts";

/** How much harm at the next weight the evidence excludes. */
export interface SafetyVerdict {
  readonly kind: "safe" | "weakly-safe" | "open";
  /** With the numbers that justify it. */
  readonly message: string;
}

/** Growth tells no time beyond this many times what it took: it may be the rounding of a step that has no requests yet. */
const FORESEEN = 1_000;

/** Whether every metric is safe. An intersection needs no correction for the number of metrics. */
export function safetyVerdict(evidence: Evidence, compare: Compare, criteria: Criteria): SafetyVerdict {
  const { nextShare } = criteria;
  const strength = safetyOf(evidence, compare, criteria);
  const { strong, weak, limit } = strength;
  const open = progress(evidence, strength, harmLimit(compare, criteria));
  const at = `at ${percent(nextShare)}`.replace(".00", "");
  if (strong >= limit) {
    const excluded = `evidence ${odds(strong)}:1 (limit ${odds(limit)}:1) that the canary costs less than ${percent(compare.loss)} of all requests ${at}`;
    return { kind: "safe", message: `verified: ${excluded}; ${describeErrors(evidence.errors)}` };
  }
  if (weak >= limit) {
    return {
      kind: "weakly-safe",
      message: `verified only to within ${percent(Math.max(compare.loss, MOST_LOSS))} of all requests ${at}; ${open}`,
    };
  }
  return { kind: "open", message: open };
}

/** How strong the evidence of safety is, as ln of the odds, and how long it may still take. */
export interface SafetyStrength {
  /** That the next weight costs less than the plan's loss. */
  readonly strong: number;
  /** That it costs less than `MOST_LOSS`. */
  readonly weak: number;
  /** From which on either is proven. */
  readonly limit: number;
  /** How long (ms) until `strong` reaches the limit, if it grows as it has in this step; absent: not foreseen, or reached. */
  readonly leftMs?: number;
}

/** The evidence of safety in the present step. */
export function safetyOf(
  evidence: Evidence,
  compare: Compare,
  { nextShare }: Pick<Criteria, "nextShare">,
): SafetyStrength {
  // A short step may end while latency still warms up, or has just become warm. The last step always judges latency.
  const counts = ({ safety }: Comparison) => isWarmIn(evidence) && safety.logL.length > 0;
  const warm = evidence.latency.filter((comparison) => nextShare === 1 || counts(comparison));
  const compared = [evidence.errors, ...warm];
  const least = (pick: (comparison: Comparison) => Safety) =>
    compared.map(pick).reduce((one, other) => (logSafety(other) < logSafety(one) ? other : one));
  const limit = Math.log(1 / compare.beta);
  const safety = least((comparison) => comparison.safety);
  const [strong, weak] = [logSafety(safety), logSafety(least(({ weakly }) => weakly))];
  const gained = strong - (safety.start ?? 0);
  const elapsed = evidence.at - evidence.stepFrom;
  const left = limit - strong;
  const isForeseen = left > 0 && left < FORESEEN * gained && elapsed > 0;
  return { strong, weak, limit, ...(isForeseen && { leftMs: (left / gained) * elapsed }) };
}

/** How far the evidence is from a verdict, and when a verdict may come. */
function progress(evidence: Evidence, { strong, limit, leftMs }: SafetyStrength, harm: number): string {
  const harmOdds = `harm ${odds(logHarmOf(evidence))}:1 of ${odds(harm)}:1`;
  const bars = `safe ${odds(strong)}:1 of ${odds(limit)}:1, ${harmOdds}`;
  if (leftMs === undefined) return `${bars}; ${describeErrors(evidence.errors)}`;
  const requests = Math.ceil((evidence.inStep.canary * leftMs) / (evidence.at - evidence.stepFrom));
  const eta = formatDuration(Math.ceil(leftMs / 1000) * 1000);
  return `${bars}; about ${requests} more canary requests (${eta}) to verify`;
}
