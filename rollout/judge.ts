import type { Check } from "./checks.ts";
import { type Counts, quantile, slowerThan } from "./counts.ts";
import { logEvidence } from "./guard.ts";

/** The chance of taking back a healthy release, over the whole rollout. */
const ALPHA = 0.01;
/** Fewer requests than this prove nothing, whatever their share. */
const FEWEST_REQUESTS = 20;

/**
 * What is known of the canary since its weight took effect: counts, or why there are none (`reason` is a sentence for
 * people). Not knowing is neither good nor bad.
 */
export type Evidence =
  | { readonly kind: "counts"; readonly canary: Counts; readonly stable: Counts; readonly seconds: number }
  | { readonly kind: "none"; readonly reason: string };

/**
 * - `pass`: every check has enough data and holds;
 * - `fail`: a check is broken beyond chance;
 * - `unsure`: data, but not enough to say;
 * - `no-data`: nothing to judge by.
 */
export interface Verdict {
  readonly kind: "pass" | "fail" | "unsure" | "no-data";
  /** With the numbers that justify it. */
  readonly message: string;
}

/** Judges the canary by the user's checks. `steps` is how many times a rollout is judged: they share ALPHA. */
export function judge(checks: readonly Check[], evidence: Evidence, steps: number): Verdict {
  if (checks.length === 0) return { kind: "pass", message: "no checks; pods are healthy" };
  if (evidence.kind === "none") return { kind: "no-data", message: evidence.reason };
  const verdicts = checks.map((check) => judgeOne(check, evidence, Math.log(steps / ALPHA)));
  const kind = (["fail", "no-data", "unsure", "pass"] as const).find((k) =>
    verdicts.some((v) => v.kind === k),
  );
  const told = kind === "fail" ? verdicts.filter((verdict) => verdict.kind === "fail") : verdicts;
  return { kind: kind ?? "pass", message: told.map((verdict) => verdict.message).join("; ") };
}

function judgeOne(check: Check, evidence: Evidence & { kind: "counts" }, threshold: number): Verdict {
  const { bad, total, tolerated, told } = measure(check, evidence.canary, evidence.seconds);
  if (total === 0) return { kind: "no-data", message: `${check.text}: ${told}` };
  const log = logEvidence(bad, total, tolerated);
  const compared = `${told} (stable ${measure(check, evidence.stable, evidence.seconds).told})`;
  if (log >= threshold) {
    return {
      kind: "fail",
      message: `${check.text} is broken: ${compared}; evidence ${odds(log)}:1, limit ${odds(threshold)}:1`,
    };
  }
  if (total < FEWEST_REQUESTS) {
    return {
      kind: "unsure",
      message: `${check.text}: ${told}; at least ${FEWEST_REQUESTS} requests are needed`,
    };
  }
  const holds = bad <= tolerated * total;
  return { kind: holds ? "pass" : "unsure", message: `${check.text}: ${compared}` };
}

interface Measure {
  readonly bad: number;
  readonly total: number;
  readonly tolerated: number;
  readonly told: string;
}

function measure(check: Check, counts: Counts, seconds: number): Measure {
  const during = `in ${Math.round(seconds)}s`;
  if (check.metric === "success-rate") {
    const { total, failed: bad } = counts;
    const rate = `${(100 * (1 - bad / total)).toFixed(2)}% of ${total} requests ${during} succeeded`;
    return { bad, total, tolerated: 1 - check.limit, told: total === 0 ? `no requests ${during}` : rate };
  }
  const q = check.quantile ?? 0.99;
  const { slow: bad, total } = slowerThan(counts, check.limit);
  const value = quantile(counts, q);
  const told =
    value === undefined ? `no requests ${during}` : `${milliseconds(value)} over ${total} requests ${during}`;
  return { bad, total, tolerated: 1 - q, told };
}

function odds(log: number): string {
  return log > 14 ? "over 1,000,000" : Math.exp(log).toFixed(log < 2 ? 1 : 0);
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`;
}
