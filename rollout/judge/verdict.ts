import type { TemplateCheck } from "../plan/checks.ts";
import { formatDuration } from "../text/duration.ts";
import { describeCheck, unmetChecks } from "./checks.ts";
import type { Criteria } from "./criteria.ts";
import type { Findings } from "./evidence.ts";
import type { Evidence } from "./fold.ts";
import { percent } from "./format.ts";
import { harmVerdict } from "./harm-verdict.ts";
import { safetyVerdict } from "./safety-verdict.ts";

/**
 * - `harm`: take the canary back;
 * - `safe`: the evidence excludes that the next weight costs more than allowed, and every check holds;
 * - `weakly-safe`: it excludes only more than the most that may be lost at all;
 * - `open`: go on looking;
 * - `no-route`: the canary gets no requests though it has a weight;
 * - `silent`: nobody gets any;
 * - `unread`: the metrics cannot be read, have not been read lately, or have none of the series.
 */
export interface Verdict {
  readonly kind: "harm" | "safe" | "weakly-safe" | "open" | "no-route" | "silent" | "unread";
  /** With the numbers that justify it. */
  readonly message: string;
}

/** What the evidence is judged by. */
export interface VerdictContext {
  /** ms since the epoch. */
  readonly now: number;
  readonly terms: Criteria;
  readonly templates: readonly TemplateCheck[];
  /** The canary's present share of the traffic, from 0 to 1. */
  readonly share: number;
}

/** Nobody served anything in more ticks than this, and for as long as any scrape interval: there is nothing to judge. */
const SILENT = { ticks: 3, ms: 60_000 } as const;
/** What is older than so many ticks, and than this, is not what the canary does now: a controller may have been away. */
const LATELY = { ticks: 3, ms: 30_000 } as const;
/** ln of a million: the canary's share of so many requests cannot have been none by chance. */
const NO_ROUTE = Math.log(1e6);

/** Judges a rollout by all that is known of it. */
export function judge(evidence: Findings, circumstances: VerdictContext): Verdict {
  const { judged } = evidence;
  const { terms, templates } = circumstances;
  const harm = harmVerdict(evidence, circumstances);
  if (harm !== undefined) return { kind: "harm", message: harm };
  const nothingToJudge = terms.compare === "off" && terms.checks.length === 0;
  if (!nothingToJudge) {
    const unread = findUnread(evidence, circumstances);
    if (unread !== undefined) return { kind: "unread", message: unread };
    const missing = judged && findMissing(judged, circumstances);
    if (missing !== undefined) return missing;
  }
  const unasked = templates.find(({ text }) => evidence.gates[text] === undefined);
  if (unasked !== undefined) return { kind: "unread", message: `${unasked.text} has not been read yet` };
  const blocked = unmetChecks(evidence, terms.checks, templates);
  if (blocked.length > 0) return { kind: "open", message: blocked.join("; ") };
  if (terms.compare === "off" || judged === undefined) {
    const held = [...terms.checks, ...templates].map((check) => describeCheck(evidence, check));
    return { kind: "safe", message: held.join("; ") || "no checks; pods are healthy" };
  }
  return safetyVerdict(judged, terms.compare, terms);
}

function findUnread({ judged, unread }: Findings, { now, terms }: VerdictContext): string | undefined {
  if (unread !== undefined) return unread;
  if (judged === undefined || judged.stepFrom !== terms.stepFrom)
    return "the first tick of this step has not been read yet";
  const age = now - judged.at;
  if (age <= Math.max(LATELY.ticks * judged.tickMs, LATELY.ms)) return undefined;
  return `nothing newer has been read than ${formatDuration(1000 * Math.round(age / 1000))} ago`;
}

function findMissing(judged: Evidence, { share }: VerdictContext): Verdict | undefined {
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
