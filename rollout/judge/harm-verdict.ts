import type { TemplateCheck, TrafficCheck } from "../plan/checks.ts";
import type { Compare } from "../plan/compare.ts";
import { guardOf, tellCheck, toleratedBy } from "./checks.ts";
import { combine } from "./combine.ts";
import { guardLimit, harmLimit, LATENCY_MARGIN, type Terms } from "./criteria.ts";
import { tellBasis, tellErrors, tellGuard, tellTime, tellTolerance, tellWhere } from "./describe.ts";
import type { Evidence } from "./evidence.ts";
import type { Judged } from "./fold.ts";
import { odds } from "./format.ts";
import { decides, logGuard } from "./limit-test.ts";
import { type Metric, metricsOf } from "./metrics.ts";
import { isBroken } from "./template-check.ts";

/** Less evidence than this is none to speak of. */
const FINE = Math.log(10);

/** Whether the evidence speaks against the canary, whatever step it is in; with what to say. */
export function findHarm(
  evidence: Evidence,
  { terms, templates }: { readonly terms: Terms; readonly templates: readonly TemplateCheck[] },
): string | undefined {
  const { judged } = evidence;
  const told = judged && (blameByComparison(judged, terms) ?? blameByCheck(judged, terms));
  return told ?? blameByGate(evidence, templates);
}

function blameByComparison(judged: Judged, terms: Terms): string | undefined {
  const { compare } = terms;
  if (compare === "off") return undefined;
  const metrics = metricsOf(judged);
  const limit = harmLimit(compare, terms);
  const { logE, leading } = combine(metrics);
  if (leading === undefined || logE < limit) return undefined;
  const others = metrics.filter((metric) => metric.name !== leading.name && metric.logE < FINE);
  const fine = [...new Set(others.map(({ name }) => name))];
  const evidence = `Evidence ${odds(logE)}:1 that the canary is worse than allowed`;
  const allowed = `(limit ${odds(limit)}:1; allowed: ${tellAllowed(leading, compare)})`;
  return [
    `${leading.name}. ${leading.told}`,
    `${evidence} ${allowed}, growing since ${tellTime(leading.comparison.lowest.at)}`,
    `${judged.errors.totals[0]} of its requests failed${where(judged)}`,
    ...(fine.length > 0 ? [`No evidence of harm by ${fine.join(" and ")}`] : []),
    tellBasis(judged),
  ].join(". ");
}

function blameByCheck(judged: Judged, terms: Terms): string | undefined {
  const limit = guardLimit(terms);
  const isBad = (check: TrafficCheck) => decides(guardOf(judged, check), toleratedBy(check), limit);
  const check = terms.checks.find(isBad);
  if (check === undefined) return undefined;
  const guard = guardOf(judged, check);
  const log = logGuard(guard, toleratedBy(check));
  return [
    `${check.text} is broken: ${tellGuard(check, guard)}; evidence ${odds(log)}:1, limit ${odds(limit)}:1`,
    `In the same time ${tellErrors(judged.errors)}${where(judged)}`,
    tellBasis(judged),
  ].join(". ");
}

function blameByGate(evidence: Evidence, templates: readonly TemplateCheck[]): string | undefined {
  for (const check of templates) {
    const gate = evidence.gates[check.text];
    if (gate?.broken === undefined || !isBroken(gate, gate.intervalMs)) continue;
    const since = tellTime(gate.broken.since);
    return `${check.text} is broken, in every reading since ${since}: ${tellCheck(evidence, check)}`;
  }
  return undefined;
}

function tellAllowed({ name }: Metric, compare: Compare): string {
  if (name === "restarts") return `${compare.tolerance}x stable + one a day`;
  return tellTolerance(compare, name === "latency" ? LATENCY_MARGIN : compare.margin);
}

function where(judged: Judged): string {
  const told = tellWhere(judged);
  return told === "" ? "" : ` (${told})`;
}
