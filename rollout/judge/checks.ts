import type { TemplateCheck, TrafficCheck } from "../plan/checks.ts";
import { describeLimitTest } from "./describe.ts";
import type { Findings } from "./evidence.ts";
import type { Evidence } from "./fold.ts";
import { FEWEST_REQUESTS, type LimitTest, noLimitTest } from "./limit-test.ts";

/** What the canary did of what a check is about. */
export function limitTestOf(judged: Evidence | undefined, check: TrafficCheck): LimitTest {
  return judged?.guards[check.text] ?? noLimitTest;
}

/** The share of bad requests that a check tolerates. */
export function toleratedBy(check: TrafficCheck): number {
  return check.metric === "success-rate" ? 1 - check.limit : 1 - (check.quantile ?? 0.99);
}

/** Why a step cannot end yet, as far as its checks go: each must hold, and be known to. */
export function unmetChecks(
  evidence: Findings,
  checks: readonly TrafficCheck[],
  templates: readonly TemplateCheck[],
): readonly string[] {
  return [
    ...checks.flatMap((check) => checkProblem(evidence.judged, check) ?? []),
    ...templates.flatMap((check) => gateProblem(evidence, check) ?? []),
  ];
}

/** The newest number of a check, for people. */
export function describeCheck({ judged, gates }: Findings, check: TrafficCheck | TemplateCheck): string {
  if (check.metric !== "template")
    return `${check.text}: ${describeLimitTest(check, limitTestOf(judged, check))}`;
  const reading = gates[check.text]?.reading;
  return `${check.text}: ${reading?.kind === "value" ? `${reading.value}${check.unit ?? ""}` : "no value"}`;
}

function checkProblem(judged: Evidence | undefined, check: TrafficCheck): string | undefined {
  const guard = limitTestOf(judged, check);
  const told = `${check.text}: ${describeLimitTest(check, guard)}`;
  if (guard.total < FEWEST_REQUESTS) return `${told}; at least ${FEWEST_REQUESTS} requests are needed`;
  return guard.bad <= toleratedBy(check) * guard.total ? undefined : told;
}

function gateProblem({ gates }: Findings, check: TemplateCheck): string | undefined {
  const gate = gates[check.text];
  if (gate === undefined || gate.holds) return undefined;
  if (gate.reading.kind === "none") return `${check.text} cannot be judged: ${gate.reading.reason}`;
  return `${check.text} is broken: ${gate.reading.value}${check.unit ?? ""}`;
}
