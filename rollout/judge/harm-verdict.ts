import type { TemplateCheck, TrafficCheck } from "../plan/checks.ts";
import type { Compare } from "../plan/compare.ts";
import { describeCheck, limitTestOf, toleratedBy } from "./checks.ts";
import { combine } from "./combine.ts";
import { type Criteria, harmLimit, LATENCY_MARGIN, REFUSED_RATIO, testedLimit } from "./criteria.ts";
import {
  describeBasis,
  describeErrors,
  describeLimitTest,
  describeRefusalsAlone,
  describeTime,
  describeTolerance,
  describeWhere,
} from "./describe.ts";
import type { Findings } from "./evidence.ts";
import type { Evidence } from "./fold.ts";
import { odds } from "./format.ts";
import { decides, logLimitTest } from "./limit-test.ts";
import { type Metric, metricsOf } from "./metrics.ts";
import { logRefusedAlone } from "./refusals-alone.ts";
import { isBroken } from "./template-check.ts";

/** With a lower ln E than this, a metric is reported as one without evidence of harm. */
const FINE = Math.log(10);

/** Why the canary must be rolled back, with the numbers, in whatever step it is; `undefined` if nothing shows harm. */
export function harmVerdict(
  evidence: Findings,
  { terms, templates }: { readonly terms: Criteria; readonly templates: readonly TemplateCheck[] },
): string | undefined {
  const { judged } = evidence;
  const byTraffic =
    judged &&
    (harmByComparison(judged, terms) ?? harmByCheck(judged, terms) ?? harmByRefusals(judged, terms));
  return byTraffic ?? harmByTemplate(evidence, templates);
}

function harmByComparison(judged: Evidence, terms: Criteria): string | undefined {
  const { compare } = terms;
  if (compare === "off") return undefined;
  const metrics = metricsOf(judged);
  const limit = harmLimit(compare, terms);
  const { logE, leading } = combine(metrics);
  if (leading === undefined || logE < limit) return undefined;
  const others = metrics.filter((metric) => metric.name !== leading.name && metric.logE < FINE);
  const fine = [...new Set(others.map(({ name }) => name))];
  const evidence = `Evidence ${odds(logE)}:1 that the canary is worse than allowed`;
  const allowed = `(limit ${odds(limit)}:1; allowed: ${describeAllowed(leading, compare)})`;
  return [
    `${leading.name}. ${leading.description}`,
    `${evidence} ${allowed}, growing since ${describeTime(leading.comparison.lowest.at)}`,
    `${judged.errors.totals[0]} of its requests failed${where(judged)}`,
    ...(fine.length > 0 ? [`No evidence of harm by ${fine.join(" and ")}`] : []),
    describeBasis(judged),
  ].join(". ");
}

function harmByCheck(judged: Evidence, terms: Criteria): string | undefined {
  const limit = testedLimit(terms);
  const isBad = (check: TrafficCheck) => decides(limitTestOf(judged, check), toleratedBy(check), limit);
  const check = terms.checks.find(isBad);
  if (check === undefined) return undefined;
  const limitTest = limitTestOf(judged, check);
  const log = logLimitTest(limitTest, toleratedBy(check));
  return [
    `${check.text} is broken: ${describeLimitTest(check, limitTest)}; evidence ${odds(log)}:1, limit ${odds(limit)}:1`,
    `In the same time ${describeErrors(judged.errors)}${where(judged)}`,
    describeBasis(judged),
  ].join(". ");
}

/** By the 4xx answers of a canary that has all requests. */
function harmByRefusals(judged: Evidence, terms: Criteria): string | undefined {
  const { alone } = terms;
  const { refusalsAlone: counted } = judged;
  if (alone === undefined || counted === undefined) return undefined;
  const [logE, limit] = [logRefusedAlone(counted), testedLimit(terms)];
  if (logE < limit) return undefined;
  return [
    `4xx answers. ${describeRefusalsAlone(judged, terms)}`,
    `Evidence ${odds(logE)}:1 that the canary is worse than allowed (limit ${odds(limit)}:1; allowed: ${describeRefused(alone)})`,
    describeBasis(judged),
  ].join(". ");
}

function harmByTemplate(evidence: Findings, templates: readonly TemplateCheck[]): string | undefined {
  for (const check of templates) {
    const test = evidence.gates[check.text];
    if (test?.broken === undefined || !isBroken(test, test.intervalMs)) continue;
    const since = describeTime(test.broken.since);
    return `${describeCheck(evidence, check)}; broken in every reading since ${since}`;
  }
  return undefined;
}

function describeAllowed({ name }: Metric, compare: Compare): string {
  if (name === "restarts") return `${compare.tolerance}x stable + one a day`;
  if (name === "4xx answers" || name === "unanswered requests") return describeRefused(compare);
  return describeTolerance(compare, name === "latency" ? LATENCY_MARGIN : compare.margin);
}

function describeRefused({ tolerance, refused }: Compare): string {
  return describeTolerance({ tolerance: Math.max(REFUSED_RATIO, tolerance) }, refused);
}

function where(judged: Evidence): string {
  const places = describeWhere(judged);
  return places === "" ? "" : ` (${places})`;
}
