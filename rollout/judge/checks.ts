import type { TemplateCheck, TrafficCheck } from "../plan/checks.ts";
import { describeLimitTest } from "./describe.ts";
import type { Findings } from "./evidence.ts";
import type { Evidence } from "./fold.ts";
import { FEWEST_REQUESTS, type LimitTest, noLimitTest } from "./limit-test.ts";

/** The canary's requests as a check counts them. */
export function limitTestOf(judged: Evidence | undefined, check: TrafficCheck): LimitTest {
  return judged?.guards[check.text] ?? noLimitTest;
}

/** The share of bad requests that a check tolerates. */
export function toleratedBy(check: TrafficCheck): number {
  return check.metric === "success-rate" ? 1 - check.limit : 1 - (check.quantile ?? 0.99);
}

/** The checks that keep a step from ending. A template check that was never read is left to the verdict `unread`. */
export function unmetChecks(
  evidence: Findings,
  checks: readonly TrafficCheck[],
  templates: readonly TemplateCheck[],
): readonly string[] {
  return [
    ...checks.flatMap((check) => checkProblem(evidence.judged, check) ?? []),
    ...templates.flatMap((check) => templateProblem(evidence, check) ?? []),
  ];
}

/** A check with its newest number, for messages. */
export function describeCheck({ judged, gates }: Findings, check: TrafficCheck | TemplateCheck): string {
  if (check.metric !== "template")
    return `${check.text}: ${describeLimitTest(check, limitTestOf(judged, check))}`;
  const reading = gates[check.text]?.reading;
  return `${check.text}: ${reading?.kind === "value" ? `${reading.value}${check.unit ?? ""}` : "no value"}`;
}

function checkProblem(judged: Evidence | undefined, check: TrafficCheck): string | undefined {
  const limitTest = limitTestOf(judged, check);
  const description = `${check.text}: ${describeLimitTest(check, limitTest)}`;
  if (limitTest.total < FEWEST_REQUESTS)
    return `${description}; at least ${FEWEST_REQUESTS} requests are needed`;
  return limitTest.bad <= toleratedBy(check) * limitTest.total ? undefined : description;
}

function templateProblem({ gates }: Findings, check: TemplateCheck): string | undefined {
  const state = gates[check.text];
  if (state === undefined || state.holds) return undefined;
  if (state.reading.kind === "none") return `${check.text} cannot be judged: ${state.reading.reason}`;
  return `${check.text} is broken: ${state.reading.value}${check.unit ?? ""}`;
}
