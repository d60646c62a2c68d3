import { reproduce } from "../gateways/metrics/reproduce.ts";
import { packs } from "../gateways/packs.ts";
import type { Terms } from "../judge/criteria.ts";
import { findHarm } from "../judge/harm-verdict.ts";
import { type Circumstances, judge, type Verdict } from "../judge/verdict.ts";
import { describeExposure, shortly } from "../plan/grant.ts";
import type { JudgedStep } from "../plan/steps.ts";
import { instant } from "../text/instant.ts";
import type { Exposure } from "../traffic/exposure.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import type { Run } from "../workload/run-record.ts";
import { surgePods } from "../workload/surge.ts";
import { writeEvent, writeMark, writePaused } from "../workload/writes.ts";
import type { Decision, Says } from "./decision.ts";
import { awaitLeave } from "./hook-gates.ts";
import { watchOf } from "./judge-input.ts";
import { takeBack } from "./rollback.ts";
import {
  grantedExposure,
  recordOf,
  replicaSetOfRecord,
  replicasOf,
  type Seen,
  stepIndex,
  stepOf,
  uidOf,
  wantedSurge,
} from "./snapshot.ts";

/** How often a step is looked at that has lasted long enough, in ms; new metrics bring it up by themselves. */
const TICK_MS = 5_000;
/** The last step may last so many times serin.dev/max-interval before it counts as inconclusive. */
const LAST_TIMES = 3;

/** The granted step is in force: judge it, and go on when it has lasted long enough and its checks hold. */
export function advance(seen: Seen): Decision {
  const step = stepOf(seen);
  if (step === undefined || recordOf(seen) === undefined) return { writes: [] };
  if (seen.held.asked === "promote") return grantNext(seen, "promoted on request", Number.POSITIVE_INFINITY);
  return step.kind === "pause" ? awaitResume(seen) : judgeStep(seen, step);
}

/** A pause of the plan is the Deployment's own: `kubectl rollout resume` ends it. */
function awaitResume(seen: Seen): Decision {
  const run = recordOf(seen) as Run;
  const paused = seen.deployment.spec.paused === true;
  if (run.paused) {
    if (!paused) return grantNext(seen, "resumed");
    return { writes: [], says: holding(seen, "paused by the plan: kubectl rollout resume goes on") };
  }
  // Paused first, recorded then: the other way round, a crash between the two would skip the pause.
  return { writes: [writePaused(seen.deployment, true), ...record(seen, { ...run, paused: true })] };
}

/** The evidence speaks against the canary, whatever the rollout is waiting for at the moment. */
export function checkHarm(seen: Seen): Decision | undefined {
  const circumstances = circumstancesOf(seen);
  if (circumstances === undefined || seen.evidence === undefined) return undefined;
  const harm = findHarm(seen.evidence, circumstances);
  return harm === undefined ? undefined : takeBack(seen, harm, reproduction(seen));
}

function judgeStep(seen: Seen, step: JudgedStep): Decision {
  const run = recordOf(seen) as Run;
  // A route says itself since when; a canary by pods is in force as soon as its pods are ready.
  if (seen.routes.length === 0 && run.inForceSince === undefined) {
    return { writes: record(seen, { ...run, inForceSince: instant(seen.now) }) };
  }
  const circumstances = circumstancesOf(seen);
  if (circumstances === undefined) return { writes: [] };
  const verdict = judge(seen.evidence ?? { gates: {} }, circumstances);
  return goOn(seen, step, verdict, circumstances.terms);
}

function circumstancesOf(seen: Seen): Circumstances | undefined {
  const watch = watchOf(seen);
  if (watch === undefined) return undefined;
  const share = shareOf(grantedExposure(seen));
  return { now: seen.now, terms: watch.terms, templates: watch.templates, share };
}

/** The share (0 to 1) of the requests that must reach the canary: of chosen users, or of those who come back, nobody knows. */
function shareOf({ weight, match, mirror, sticky }: Exposure): number {
  if (sticky !== undefined || (weight === 0 && match !== undefined)) return 0;
  return (mirror ?? weight) / 100;
}

function goOn(seen: Seen, step: JudgedStep, verdict: Verdict, { stepFrom, compare }: Terms): Decision {
  const lasted = seen.now - stepFrom;
  if (lasted < step.leastMs) {
    return { writes: [], says: progressing(seen, verdict), waitMs: step.leastMs - lasted };
  }
  if (seen.deployment.spec.paused) {
    return { writes: [], says: holding(seen, "paused: kubectl rollout resume goes on") };
  }
  if (verdict.kind === "safe") return grantNext(seen, verdict.message);
  const instead = withoutProof(seen, verdict, lasted, compare);
  if (instead !== undefined) return instead;
  return { writes: [], says: holding(seen, verdict.message), waitMs: TICK_MS };
}

/** What follows when a step has lasted long and nothing is proven. */
function withoutProof(
  seen: Seen,
  verdict: Verdict,
  lasted: number,
  compare: Terms["compare"],
): Decision | undefined {
  const { maxIntervalMs } = seen.plan;
  switch (verdict.kind) {
    case "no-route":
      // Nobody is harmed, but no patience brings such a canary traffic.
      return lasted < progressDeadlineMs(seen.held.originals) ? undefined : takeBack(seen, verdict.message);
    case "unread":
      return undefined;
    default:
  }
  if (!isLast(seen)) {
    // More weight is more evidence a minute, and the evidence of harm is kept.
    return lasted < maxIntervalMs ? undefined : grantNext(seen, `weak evidence: ${verdict.message}`);
  }
  if (lasted < LAST_TIMES * maxIntervalMs || compare === "off" || verdict.kind === "silent") return undefined;
  if (verdict.kind === "weakly-safe") return grantNext(seen, verdict.message);
  if (compare.inconclusive === "promote") return grantNext(seen, `inconclusive: ${verdict.message}`);
  if (compare.inconclusive === "rollback") return takeBack(seen, `inconclusive: ${verdict.message}`);
  return {
    writes: [],
    says: holding(
      seen,
      `inconclusive: neither harm nor safety is proven; ${verdict.message}; ${orders(seen)}`,
    ),
    waitMs: TICK_MS,
  };
}

/** How a person sees what the verdict counted. */
function reproduction(seen: Seen): string {
  const watch = watchOf(seen);
  const judged = seen.evidence?.judged;
  const [first] = watch?.sources ?? [];
  if (judged === undefined || first === undefined || first.canary.length === 0) return "";
  const seconds = Math.ceil((judged.at - judged.from) / 1000);
  return `Query: ${reproduce(packs[first.pack], first.canary, seconds)} at ${instant(judged.at)}`;
}

/** What a person may do. */
function orders(seen: Seen): string {
  const { name, annotations } = seen.deployment.metadata;
  const revision = annotations?.["deployment.kubernetes.io/revision"];
  return `kubectl annotate deployment/${name} serin.dev/promote=${revision} (or abort) decides`;
}

/** Grants what comes after the present step (or all the rest): the next step, or after the last one the promotion. */
function grantNext(seen: Seen, because: string, steps = 1): Decision {
  const run = recordOf(seen) as Run;
  const next = stepIndex(seen) + steps;
  const waits = awaitLeave(seen, next);
  if (waits !== undefined) return waits;
  const { paused: _paused, inForceSince: _since, ...rest } = run;
  if (next >= seen.plan.steps.length) {
    const message = `proven at ${shortly(grantedExposure(seen))}: ${because}`;
    return {
      writes: [
        ...record(seen, { ...rest, outcome: "proven", message }),
        writeEvent(seen.deployment, "Normal", "CanaryProven", message),
      ],
    };
  }
  const message = `step ${next + 1} of ${seen.plan.steps.length} after ${shortly(grantedExposure(seen))}: ${because}`;
  return {
    writes: [
      ...record(seen, { ...rest, step: next, stepSince: instant(seen.now), message }),
      writeEvent(seen.deployment, "Normal", "CanaryStep", message),
    ],
  };
}

function record(seen: Seen, run: Run) {
  const replicaSet = replicaSetOfRecord(seen);
  const evidence = seen.evidence?.judged ?? run.evidence;
  const written = { ...run, ...(evidence && { evidence }) };
  return replicaSet === undefined ? [] : [writeMark(replicaSet, uidOf(seen), written)];
}

function isLast(seen: Seen): boolean {
  return seen.plan.steps.slice(stepIndex(seen) + 1).every((step) => step.kind === "pause");
}

function progressing(seen: Seen, verdict: Verdict): Says {
  const step = `step ${stepIndex(seen) + 1} of ${seen.plan.steps.length}`;
  const message = `canary has ${tellShare(seen)}, ${step}: ${verdict.message}`;
  return { status: "Unknown", reason: "Progressing", message };
}

/** What the canary is given: exact at a gateway; through a Service's pods only about as much as was granted. */
function tellShare(seen: Seen): string {
  if (seen.routes.length > 0) return describeExposure(grantedExposure(seen));
  const stable = replicasOf(seen.deployment);
  const pods = surgePods(wantedSurge(seen), stable);
  return `${pods} of ${stable + pods} pods and their share of the traffic, as no route names its Services`;
}

function holding(seen: Seen, why: string): Says {
  return {
    status: "Unknown",
    reason: "Holding",
    message: `holding at ${shortly(grantedExposure(seen))}: ${why}`,
  };
}
