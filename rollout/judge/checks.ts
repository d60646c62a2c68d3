import type { TemplateCheck, TrafficCheck } from "../plan/checks.ts";
import { tellGuard } from "./describe.ts";
import type { Evidence } from "./evidence.ts";
import type { Judged } from "./fold.ts";
import { FEWEST_REQUESTS, type Guard, noGuard } from "./limit-test.ts";

/** What the canary did of what a check is about. */
export function guardOf(judged: Judged | undefined, check: TrafficCheck): Guard {
  return judged?.guards[check.text] ?? noGuard;
}

/** The share of bad requests that a check tolerates. */
export function toleratedBy(check: TrafficCheck): number {
  return check.metric === "success-rate" ? 1 - check.limit : 1 - (check.quantile ?? 0.99);
}

/** Why a step cannot end yet, as far as its checks go: each must hold, and be known to. */
export function problemsOf(
  evidence: Evidence,
  checks: readonly TrafficCheck[],
  templates: readonly TemplateCheck[],
): readonly string[] {
  return [
    ...checks.flatMap((check) => checkProblem(evidence.judged, check) ?? []),
    ...templates.flatMap((check) => gateProblem(evidence, check) ?? []),
  ];
}

/** The newest number of a check, for people. */
export function tellCheck({ judged, gates }: Evidence, check: TrafficCheck | TemplateCheck): string {
  if (check.metric !== "template") return `${check.text}: ${tellGuard(check, guardOf(judged, check))}`;
  const reading = gates[check.text]?.reading;
  return `${check.text}: ${reading?.kind === "value" ? `${reading.value}${check.unit ?? ""}` : "no value"}`;
}

function checkProblem(judged: Judged | undefined, check: TrafficCheck): string | undefined {
  const guard = guardOf(judged, check);
  const told = `${check.text}: ${tellGuard(check, guard)}`;
  if (guard.total < FEWEST_REQUESTS) return `${told}; at least ${FEWEST_REQUESTS} requests are needed`;
  return guard.bad <= toleratedBy(check) * guard.total ? undefined : told;
}

function gateProblem({ gates }: Evidence, check: TemplateCheck): string | undefined {
  const gate = gates[check.text];
  if (gate === undefined || gate.holds) return undefined;
  if (gate.reading.kind === "none") return `${check.text} cannot be judged: ${gate.reading.reason}`;
  return `${check.text} is broken: ${gate.reading.value}${check.unit ?? ""}`;
}
