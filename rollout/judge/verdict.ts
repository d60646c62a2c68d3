import type { TemplateCheck, TrafficCheck } from "../checks.ts";
import type { Compare } from "../compare.ts";
import { formatDuration } from "../duration.ts";
import { combine } from "./combine.ts";
import type { Comparison } from "./comparison.ts";
import type { Evidence } from "./evidence.ts";
import { odds, percent } from "./figures.ts";
import type { Judged } from "./fold.ts";
import { isBroken } from "./gate.ts";
import { decides, FEWEST_REQUESTS, type Guard, logGuard, noGuard } from "./guard.ts";
import { logHarm } from "./harm.ts";
import { logSafety, type Safety } from "./safety.ts";
import { MOST_LOSS, type Terms } from "./terms.ts";
import {
  tellBasis,
  tellErrors,
  tellGuard,
  tellRestarts,
  tellSlow,
  tellTime,
  tellTolerance,
  tellWhere,
} from "./words.ts";

/**
 * - `harm`: take the canary back;
 * - `safe`: the evidence excludes that the next weight costs more than allowed, and every check holds;
 * - `weakly-safe`: it excludes only more than the most that may be lost at all;
 * - `open`: go on looking;
 * - `no-route`: the canary gets no requests though it has a weight;
 * - `silent`: nobody gets any;
 * - `unread`: the metrics cannot be read, or have none of the series.
 */
export interface Verdict {
  readonly kind: "harm" | "safe" | "weakly-safe" | "open" | "no-route" | "silent" | "unread";
  /** With the numbers that justify it. */
  readonly message: string;
}

/** What the evidence is judged by. */
export interface Circumstances {
  readonly terms: Terms;
  readonly templates: readonly TemplateCheck[];
  /** The canary's present share of the traffic, from 0 to 1. */
  readonly share: number;
}

/** The shares of the metrics in the evidence of harm. */
const WEIGHTS = { errors: 0.5, latency: 0.4, restarts: 0.1 } as const;
/** Nobody served anything in more ticks than this, and for as long as any scrape interval: there is nothing to judge. */
const SILENT = { ticks: 3, ms: 60_000 } as const;
/** ln of a million: the canary's share of so many requests cannot have been none by chance. */
const NO_ROUTE = Math.log(1e6);

/** Judges a rollout by all that is known of it. */
export function judge(evidence: Evidence, circumstances: Circumstances): Verdict {
  const { judged } = evidence;
  const { terms, templates } = circumstances;
  const harm = findHarm(evidence, circumstances);
  if (harm !== undefined) return { kind: "harm", message: harm };
  const nothingToJudge = terms.compare === "off" && terms.checks.length === 0;
  if (!nothingToJudge) {
    if (evidence.unread !== undefined) return { kind: "unread", message: evidence.unread };
    if (judged === undefined || judged.stepFrom !== terms.stepFrom) {
      return { kind: "open", message: "the first tick of this step has not been read yet" };
    }
    const missing = findMissing(judged, circumstances);
    if (missing !== undefined) return missing;
  }
  const gates = templates.map((check) => gateProblem(evidence, check));
  const blocked = [...terms.checks.map((check) => checkProblem(judged, check)), ...gates].filter(
    (problem) => problem !== undefined,
  );
  if (blocked.length > 0) return { kind: "open", message: blocked.join("; ") };
  if (terms.compare === "off" || judged === undefined) {
    const held = [...terms.checks, ...templates].map((check) => tellCheck(evidence, check));
    return { kind: "safe", message: held.join("; ") || "no checks; pods are healthy" };
  }
  return safety(judged, terms.compare, terms);
}

/** Whether the evidence speaks against the canary, whatever step it is in; with what to say. */
export function findHarm(evidence: Evidence, { terms, templates }: Circumstances): string | undefined {
  const { judged, gates } = evidence;
  const broken = templates.find((check) => {
    const gate = gates[check.text];
    return gate !== undefined && isBroken(gate, gate.intervalMs);
  });
  if (judged !== undefined) {
    const worse = terms.compare === "off" ? undefined : compareHarm(judged, terms.compare, terms);
    if (worse !== undefined) return worse;
    const check = terms.checks.find((one) =>
      decides(guardOf(judged, one), toleratedBy(one), guardLimit(terms)),
    );
    if (check !== undefined) return tellBroken(judged, check, terms);
  }
  return (
    broken &&
    `${broken.text} is broken, in every reading since ${since(evidence, broken)}: ${tellCheck(evidence, broken)}`
  );
}

interface Metric {
  readonly weight: number;
  readonly logE: number;
  readonly name: string;
  readonly comparison: Comparison;
  readonly told: string;
}

/** Every metric's evidence of harm; the boundaries of latency share theirs equally. */
function metricsOf(judged: Judged): readonly Metric[] {
  const metric = (name: keyof typeof WEIGHTS, comparison: Comparison, told: string, parts = 1): Metric => ({
    weight: WEIGHTS[name] / parts,
    logE: logHarm(comparison.harm, { onset: true }),
    name,
    comparison,
    told,
  });
  const { errors, latency, restarts, bounds } = judged;
  return [
    metric("errors", errors, tellErrors(judged)),
    ...latency.map((one, i) => metric("latency", one, tellSlow(one, bounds[i] ?? 0), latency.length)),
    ...(restarts ? [metric("restarts", restarts.comparison, tellRestarts(restarts.comparison))] : []),
  ];
}

/** Half of alpha is the checks' where there are any, so that both together keep it. */
function harmLimit({ alpha }: Compare, { checks }: Terms): number {
  return Math.log((checks.length > 0 ? 2 : 1) / alpha);
}

function guardLimit({ compare, checks }: Terms): number {
  const alpha = compare === "off" ? 0.01 : compare.alpha / 2;
  return Math.log(checks.length / alpha);
}

function compareHarm(judged: Judged, compare: Compare, terms: Terms): string | undefined {
  const metrics = metricsOf(judged);
  const { logE, leading } = combine(metrics);
  if (leading === undefined || logE < harmLimit(compare, terms)) return undefined;
  const others = metrics.filter((metric) => metric.name !== leading.name && metric.logE < Math.log(10));
  const fine = [...new Set(others.map(({ name }) => name))];
  const cost = judged.errors.totals[0];
  return [
    `${leading.name}. ${leading.told}`,
    `Evidence ${odds(logE)}:1 that the canary is worse than allowed (limit ${odds(harmLimit(compare, terms))}:1; ` +
      `${tellTolerance(compare, leading.name === "latency" ? 0.005 : undefined)}), growing since ${tellTime(leading.comparison.lowest.at)}`,
    `${cost} of its requests failed${where(judged)}`,
    ...(fine.length > 0 ? [`No evidence of harm by ${fine.join(" and ")}`] : []),
    capital(tellBasis(judged)),
  ].join(". ");
}

function tellBroken(judged: Judged, check: TrafficCheck, terms: Terms): string {
  const guard = judged.guards[check.text] ?? noGuard;
  return [
    `${check.text} is broken: ${tellGuard(check, guard)}; evidence ${odds(guardLog(judged, check))}:1, limit ${odds(guardLimit(terms))}:1`,
    `In the same time ${tellErrors(judged)}${where(judged)}`,
    capital(tellBasis(judged)),
  ].join(". ");
}

function where(judged: Judged): string {
  const told = tellWhere(judged);
  return told === "" ? "" : ` (${told})`;
}

function guardOf(judged: Judged, check: TrafficCheck): Guard {
  return judged.guards[check.text] ?? noGuard;
}

function guardLog(judged: Judged, check: TrafficCheck): number {
  return logGuard(guardOf(judged, check), toleratedBy(check));
}

function toleratedBy(check: TrafficCheck): number {
  return check.metric === "success-rate" ? 1 - check.limit : 1 - (check.quantile ?? 0.99);
}

function findMissing(judged: Judged, { share }: Circumstances): Verdict | undefined {
  const { inStep, present, silent } = judged;
  if (!present.canary && !present.stable) {
    const message =
      "Prometheus has no series of these backends: no request yet, or does it not scrape the gateway with the gateway's own labels?";
    return { kind: "unread", message };
  }
  // Each request misses a canary with share w with a chance of 1 - w.
  if (inStep.canary === 0 && inStep.stable * -Math.log1p(-Math.min(share, 0.999)) >= NO_ROUTE) {
    const series = present.canary ? "" : "; Prometheus has no series of the canary's backend";
    const message = `the canary receives no requests although its weight is ${percent(share)}: stable had ${inStep.stable} in the same time${series}`;
    return { kind: "no-route", message };
  }
  if (silent <= SILENT.ticks || silent * judged.tickMs < SILENT.ms) return undefined;
  return {
    kind: "silent",
    message: `no requests to either version for ${formatDuration(silent * judged.tickMs)}`,
  };
}

function checkProblem(judged: Judged | undefined, check: TrafficCheck): string | undefined {
  const guard = judged?.guards[check.text] ?? noGuard;
  const told = `${check.text}: ${tellGuard(check, guard)}`;
  if (guard.total < FEWEST_REQUESTS) return `${told}; at least ${FEWEST_REQUESTS} requests are needed`;
  return guard.bad <= toleratedBy(check) * guard.total ? undefined : told;
}

function gateProblem({ gates }: Evidence, check: TemplateCheck): string | undefined {
  const gate = gates[check.text];
  if (gate === undefined) return `${check.text} has not been read yet`;
  if (gate.holds) return undefined;
  if (gate.reading.kind === "none") return `${check.text} cannot be judged: ${gate.reading.reason}`;
  return `${check.text} is broken: ${gate.reading.value}${check.unit ?? ""}`;
}

function tellCheck({ judged, gates }: Evidence, check: TrafficCheck | TemplateCheck): string {
  if (check.metric !== "template")
    return `${check.text}: ${tellGuard(check, judged?.guards[check.text] ?? noGuard)}`;
  const reading = gates[check.text]?.reading;
  return `${check.text}: ${reading?.kind === "value" ? `${reading.value}${check.unit ?? ""}` : "no value"}`;
}

function since({ gates }: Evidence, check: TemplateCheck): string {
  return tellTime(gates[check.text]?.broken?.since ?? 0);
}

/** Every metric must be safe: an intersection, which needs no correction for how many there are. */
function safety(judged: Judged, compare: Compare, { nextShare }: Terms): Verdict {
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
    return { kind: "safe", message: `verified: ${excluded}; ${tellErrors(judged)}` };
  }
  if (least(({ weakly }) => weakly) >= limit) {
    return {
      kind: "weakly-safe",
      message: `verified only to within ${percent(Math.max(compare.loss, MOST_LOSS))} of all requests ${at}; ${progress(judged, strong, limit, compare)}`,
    };
  }
  return { kind: "open", message: progress(judged, strong, limit, compare) };
}

/** How far to the verdict, and when it may come. */
function progress(judged: Judged, log: number, limit: number, compare: Compare): string {
  const elapsed = judged.at - judged.stepFrom;
  const { logE } = combine(metricsOf(judged));
  const bars = `safe ${odds(log)}:1 of ${odds(limit)}:1, harm ${odds(logE)}:1 of ${odds(Math.log(1 / compare.alpha))}:1`;
  if (log <= 0 || elapsed <= 0) return `${bars}; ${tellErrors(judged)}`;
  const leftMs = ((limit - log) / log) * elapsed;
  const requests = Math.ceil((judged.inStep.canary * leftMs) / elapsed);
  const eta = formatDuration(Math.ceil(leftMs / 1000) * 1000);
  return `${bars}; about ${requests} more canary requests (${eta}) to verify`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
