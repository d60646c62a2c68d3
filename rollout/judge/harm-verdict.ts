import type { TemplateCheck, TrafficCheck } from "../plan/checks.ts";
import type { Compare } from "../plan/compare.ts";
import { describeCheck, limitTestOf, toleratedBy } from "./checks.ts";
import { combine } from "./combine.ts";
import { type Criteria, harmLimit, LATENCY_MARGIN, testedLimit } from "./criteria.ts";
import {
  describeBasis,
  describeErrors,
  describeLimitTest,
  describeTime,
  describeTolerance,
  describeWhere,
} from "./describe.ts";
import type { Findings } from "./evidence.ts";
import type { Evidence } from "./fold.ts";
import { odds } from "./format.ts";
import { decides, logLimitTest } from "./limit-test.ts";
import { type Metric, metricsOf } from "./metrics.ts";
import { isBroken } from "./template-check.ts";

/** Less evidence than this is none to speak of. */
const FINE = Math.log(10);

/** Whether the evidence speaks against the canary, whatever step it is in; with what to say. */
export function harmVerdict(
  evidence: Findings,
  { terms, templates }: { readonly terms: Criteria; readonly templates: readonly TemplateCheck[] },
): string | undefined {
  const { judged } = evidence;
  const told = judged && (blameByComparison(judged, terms) ?? blameByCheck(judged, terms));
  return told ?? blameByGate(evidence, templates);
}

function blameByComparison(judged: Evidence, terms: Criteria): string | undefined {
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
    `${evidence} ${allowed}, growing since ${describeTime(leading.comparison.lowest.at)}`,
    `${judged.errors.totals[0]} of its requests failed${where(judged)}`,
    ...(fine.length > 0 ? [`No evidence of harm by ${fine.join(" and ")}`] : []),
    describeBasis(judged),
  ].join(". ");
}

function blameByCheck(judged: Evidence, terms: Criteria): string | undefined {
  const limit = testedLimit(terms);
  const isBad = (check: TrafficCheck) => decides(limitTestOf(judged, check), toleratedBy(check), limit);
  const check = terms.checks.find(isBad);
  if (check === undefined) return undefined;
  const guard = limitTestOf(judged, check);
  const log = logLimitTest(guard, toleratedBy(check));
  return [
    `${check.text} is broken: ${describeLimitTest(check, guard)}; evidence ${odds(log)}:1, limit ${odds(limit)}:1`,
    `In the same time ${describeErrors(judged.errors)}${where(judged)}`,
    describeBasis(judged),
  ].join(". ");
}

function blameByGate(evidence: Findings, templates: readonly TemplateCheck[]): string | undefined {
  for (const check of templates) {
    const gate = evidence.gates[check.text];
    if (gate?.broken === undefined || !isBroken(gate, gate.intervalMs)) continue;
    const since = describeTime(gate.broken.since);
    return `${check.text} is broken, in every reading since ${since}: ${describeCheck(evidence, check)}`;
  }
  return undefined;
}

function tellAllowed({ name }: Metric, compare: Compare): string {
  if (name === "restarts") return `${compare.tolerance}x stable + one a day`;
  return describeTolerance(compare, name === "latency" ? LATENCY_MARGIN : compare.margin);
}

function where(judged: Evidence): string {
  const told = describeWhere(judged);
  return told === "" ? "" : ` (${told})`;
}
