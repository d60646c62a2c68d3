import type { Compare } from "../plan/compare.ts";
import { formatDuration } from "../text/duration.ts";
import type { Comparison } from "./comparison.ts";
import { type Criteria, harmLimit, MOST_LOSS } from "./criteria.ts";
import { describeErrors } from "./describe.ts";
import { type Evidence, WARM_UP_MS } from "./fold.ts";
import { odds, percent } from "./format.ts";
import { logHarmOf } from "./metrics.ts";
import { logSafety, type Safety } from "./safety-test.ts";

/** How much harm at the next weight the evidence excludes. */
export interface SafetyVerdict {
  readonly kind: "safe" | "weakly-safe" | "open";
  /** With the numbers that justify it. */
  readonly message: string;
}

/** Whether every metric is safe. An intersection needs no correction for the number of metrics. */
export function safetyVerdict(evidence: Evidence, compare: Compare, criteria: Criteria): SafetyVerdict {
  const { nextShare } = criteria;
  // A short step may end while latency still warms up, or has just become warm. The last step always judges latency.
  const counts = ({ safety }: Comparison) => isWarm(evidence) && safety.logL.length > 0;
  const warm = evidence.latency.filter((comparison) => nextShare === 1 || counts(comparison));
  const compared = [evidence.errors, ...warm];
  const least = (pick: (comparison: Comparison) => Safety) =>
    compared.map(pick).reduce((one, other) => (logSafety(other) < logSafety(one) ? other : one));
  const limit = Math.log(1 / compare.beta);
  const safety = least((comparison) => comparison.safety);
  const strong = logSafety(safety);
  const open = progress(evidence, safety, limit, harmLimit(compare, criteria));
  const at = `at ${percent(nextShare)}`.replace(".00", "");
  if (strong >= limit) {
    const excluded = `evidence ${odds(strong)}:1 (limit ${odds(limit)}:1) that the canary costs less than ${percent(compare.loss)} of all requests ${at}`;
    return { kind: "safe", message: `verified: ${excluded}; ${describeErrors(evidence.errors)}` };
  }
  if (logSafety(least(({ weakly }) => weakly)) >= limit) {
    return {
      kind: "weakly-safe",
      message: `verified only to within ${percent(Math.max(compare.loss, MOST_LOSS))} of all requests ${at}; ${open}`,
    };
  }
  return { kind: "open", message: open };
}

/** Whether latency was warm when the step began, or the step has lasted as long as the warm-up. */
function isWarm({ from, stepFrom, at }: Evidence): boolean {
  return Math.max(stepFrom - from, at - stepFrom) >= WARM_UP_MS;
}

/** How far the evidence is from a verdict, and when a verdict may come. */
function progress(evidence: Evidence, safety: Safety, limit: number, harm: number): string {
  const log = logSafety(safety);
  const gained = log - (safety.start ?? 0);
  const elapsed = evidence.at - evidence.stepFrom;
  const harmOdds = `harm ${odds(logHarmOf(evidence))}:1 of ${odds(harm)}:1`;
  const bars = `safe ${odds(log)}:1 of ${odds(limit)}:1, ${harmOdds}`;
  if (gained <= 0 || elapsed <= 0) return `${bars}; ${describeErrors(evidence.errors)}`;
  const leftMs = ((limit - log) / gained) * elapsed;
  const requests = Math.ceil((evidence.inStep.canary * leftMs) / elapsed);
  const eta = formatDuration(Math.ceil(leftMs / 1000) * 1000);
  return `${bars}; about ${requests} more canary requests (${eta}) to verify`;
}
