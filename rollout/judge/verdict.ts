import type { TemplateCheck } from "../plan/checks.ts";
import { formatDuration } from "../text/duration.ts";
import { describeCheck, unmetChecks } from "./checks.ts";
import type { Criteria } from "./criteria.ts";
import { describeRefusalsAlone } from "./describe.ts";
import { isSilentSinceWeight } from "./ended.ts";
import type { Findings } from "./evidence.ts";
import type { Evidence } from "./fold.ts";
import { isNoChance } from "./followed.ts";
import { percent } from "./format.ts";
import { isRefusing } from "./refusals-alone.ts";
import { safetyVerdict } from "./safety-verdict.ts";

/**
 * - `safe`: the evidence excludes that the next weight costs more than allowed, and every check holds;
 * - `weakly-safe`: the evidence excludes only that the next weight costs more than `MOST_LOSS`;
 * - `open`: collect more evidence;
 * - `no-route`: the canary gets no requests although it has a weight;
 * - `bypassed`: the same, and no weight splits the stable version's requests, so that the canary is not to blame;
 * - `silent`: neither version gets requests;
 * - `early`: the first tick of the step has not been read yet, and nothing keeps it from being read;
 * - `no-series`: the metrics have no series of either version;
 * - `unread`: the metrics cannot be read, or have not been read lately.
 */
export interface Verdict {
  readonly kind:
    | "safe"
    | "weakly-safe"
    | "open"
    | "no-route"
    | "bypassed"
    | "silent"
    | "early"
    | "no-series"
    | "unread";
  /** The reason, with its numbers. */
  readonly message: string;
  /** More weight would bring no evidence, so an earlier step waits as long as the last one; absent: it would. */
  readonly keepsStep?: true;
}

/** The context in which the evidence is judged. */
export interface VerdictContext {
  /** ms since the epoch. */
  readonly now: number;
  readonly terms: Criteria;
  readonly templates: readonly TemplateCheck[];
  /** The canary's current share of the traffic, from 0 to 1. */
  readonly share: number;
  /** Nothing counts the requests of the versions. */
  readonly isUncounted?: boolean;
  /** Routes lead to the versions; absent: the canary gets its traffic by its pods. */
  readonly hasRoutes?: boolean;
}

/** More ticks than this, and at least this time (as long as any scrape interval), without a request to either version. */
const SILENT = { ticks: 3, ms: 60_000 } as const;
/** Older evidence than both of these does not show the canary as it is now: the controller may have been down. */
const LATELY = { ticks: 3, ms: 30_000 } as const;

/** Judges a rollout whose evidence shows no harm (`harmVerdict`). */
export function judge(evidence: Findings, context: VerdictContext): Verdict {
  const { judged } = evidence;
  const { terms, templates } = context;
  const nothingToJudge = terms.compare === "off" && terms.checks.length === 0;
  if (!nothingToJudge) {
    const unread = findUnread(evidence, context);
    if (unread !== undefined) return unread;
    const missing = judged && findMissing(judged, context);
    if (missing !== undefined) return missing;
  }
  const unread = templates.find(({ text }) => evidence.gates[text] === undefined);
  if (unread !== undefined) return { kind: "unread", message: `${unread.text} has not been read yet` };
  const unmet = unmetChecks(evidence, terms.checks, templates);
  const refusals = judged && terms.alone ? [describeRefusalsAlone(judged, terms)] : [];
  const blocked = [...unmet, ...(judged && isRefusing(judged, terms) ? refusals : [])];
  if (blocked.length > 0) return { kind: "open", message: blocked.join("; ") };
  if (terms.compare === "off" || judged === undefined) {
    const checked = [...terms.checks, ...templates].map((check) => describeCheck(evidence, check));
    const met = [...checked, ...refusals];
    const uncompared = context.isUncounted
      ? ["not compared, because no route names a Service of these pods"]
      : [];
    const decided = met.length === 0 ? ["no checks; pods are healthy"] : met;
    return { kind: "safe", message: [...uncompared, ...decided].join("; ") };
  }
  return safetyVerdict(judged, terms.compare, terms);
}

function findUnread({ judged, unread }: Findings, { now, terms }: VerdictContext): Verdict | undefined {
  if (unread !== undefined) return { kind: "unread", message: unread };
  if (judged === undefined || judged.stepFrom !== terms.stepFrom)
    return { kind: "early", message: "the first tick of this step has not been read yet" };
  const age = now - judged.at;
  const { tickMs, lateMs = 0 } = judged;
  if (age <= lateMs + Math.max(LATELY.ticks * tickMs, LATELY.ms)) return undefined;
  const old = formatDuration(1000 * Math.round(age / 1000));
  return { kind: "unread", message: `the newest metrics that could be read are ${old} old` };
}

function findMissing(judged: Evidence, { share, hasRoutes }: VerdictContext): Verdict | undefined {
  const { inStep, present, silent } = judged;
  if (!present.canary && !present.stable) {
    const message =
      "Prometheus has no series of these backends: no request has arrived yet, or Prometheus does not scrape the gateway with the gateway's own labels";
    return { kind: "no-series", message };
  }
  if (inStep.canary === 0 && isNoChance(inStep.stable, share)) {
    const series = present.canary ? "" : "; Prometheus has no series of the canary's backend";
    const message = `the canary receives no requests although its weight is ${percent(share)}: stable had ${inStep.stable} in the same time${series}`;
    return { kind: "no-route", message };
  }
  if (silent <= SILENT.ticks || silent * judged.tickMs < SILENT.ms) return undefined;
  const message = `no requests to either version for ${formatDuration(silent * judged.tickMs)}`;
  if (!haveEnded(judged)) return { kind: "silent", message };
  const known = `${message}, although stable had some right before the rollout`;
  if (!hasRoutes) return { kind: "silent", message: known };
  // If the canary Service keeps the requests away, another step harms the users as much as this one.
  const cause = "if the gateway refuses the route with its canary Service, an abort restores the route";
  return { kind: "silent", message: `${known}: ${cause}`, keepsStep: true };
}

/**
 * Whether the stable version had requests right before the rollout and none since the first weight. A gateway may refuse a rule
 * whole for a backend that it does not take; or the users have left in that minute. Serin cannot tell which.
 */
function haveEnded(judged: Evidence): boolean {
  return judged.usual !== undefined && isSilentSinceWeight(judged, judged.silent);
}
