import type { Compare } from "../plan/compare.ts";
import { formatDuration } from "../text/duration.ts";
import type { Comparison } from "./comparison.ts";
import { type Criteria, harmLimit, MOST_LOSS } from "./criteria.ts";
import { describeErrors } from "./describe.ts";
import type { Evidence } from "./fold.ts";
import { odds, percent } from "./format.ts";
import { logHarmOf } from "./metrics.ts";
import { logSafety, type Safety } from "./safety-test.ts";

/** What the evidence excludes about the next weight. */
export interface SafetyVerdict {
  readonly kind: "safe" | "weakly-safe" | "open";
  /** With the numbers that justify it. */
  readonly message: string;
}

/** Whether every metric is safe: an intersection, which needs no correction for how many there are. */
export function safetyVerdict(judged: Evidence, compare: Compare, terms: Criteria): SafetyVerdict {
  const { nextShare } = terms;
  // In a short first step latency is still warming up; the steps after it ask for it, and the last one always does.
  const warm = judged.latency.filter(({ safety }) => nextShare === 1 || safety.logL.length > 0);
  const compared = [judged.errors, ...warm];
  const least = (pick: (comparison: Comparison) => Safety) =>
    Math.min(...compared.map((comparison) => logSafety(pick(comparison))));
  const limit = Math.log(1 / compare.beta);
  const strong = least(({ safety: evidence }) => evidence);
  const at = `at ${percent(nextShare)}`.replace(".00", "");
  if (strong >= limit) {
    const excluded = `evidence ${odds(strong)}:1 (limit ${odds(limit)}:1) that it costs less than ${percent(compare.loss)} of all requests ${at}`;
    return { kind: "safe", message: `verified: ${excluded}; ${describeErrors(judged.errors)}` };
  }
  if (least(({ weakly }) => weakly) >= limit) {
    return {
      kind: "weakly-safe",
      message: `verified only to within ${percent(Math.max(compare.loss, MOST_LOSS))} of all requests ${at}; ${progress(judged, strong, limit, harmLimit(compare, terms))}`,
    };
  }
  return { kind: "open", message: progress(judged, strong, limit, harmLimit(compare, terms)) };
}

/** How far to the verdict, and when it may come. */
function progress(judged: Evidence, log: number, limit: number, harm: number): string {
  const elapsed = judged.at - judged.stepFrom;
  const told = `harm ${odds(logHarmOf(judged))}:1 of ${odds(harm)}:1`;
  const bars = `safe ${odds(log)}:1 of ${odds(limit)}:1, ${told}`;
  if (log <= 0 || elapsed <= 0) return `${bars}; ${describeErrors(judged.errors)}`;
  const leftMs = ((limit - log) / log) * elapsed;
  const requests = Math.ceil((judged.inStep.canary * leftMs) / elapsed);
  const eta = formatDuration(Math.ceil(leftMs / 1000) * 1000);
  return `${bars}; about ${requests} more canary requests (${eta}) to verify`;
}
