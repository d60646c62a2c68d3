import type { Criteria } from "../judge/criteria.ts";
import type { Verdict } from "../judge/verdict.ts";
import { shortly, weightAt } from "../plan/grant.ts";
import type { JudgedStep } from "../plan/steps.ts";
import { comparesAt, strategies } from "../plan/strategy.ts";
import { instant } from "../text/instant.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { keptRequests } from "../workload/requests.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { mentionEvent, writeEvent, writePaused } from "../workload/writes.ts";
import { orderToAdvance } from "./advance-order.ts";
import { withCourse } from "./course.ts";
import type { ConditionUpdate, Decision } from "./decision.ts";
import { stepSince } from "./health.ts";
import { awaitLeave } from "./hook-gates.ts";
import { rewrite } from "./hook-record.ts";
import { rollBack } from "./rollback.ts";
import { grantedExposure, type Snapshot, stepIndex, stepOf } from "./snapshot.ts";
import { brokenStable } from "./stable-broken.ts";
import { afterPause, decidingOrders, holding, progressing } from "./step-condition.ts";
import { verdictOf, withBypass, withIdle } from "./step-verdict.ts";
import { waitAfter } from "./wait.ts";

/** How often Serin looks at a step that has lasted long enough, in ms. */
const TICK_MS = 5_000;
/** The last step counts as inconclusive after this many times serin.dev/max-interval. */
const LAST_TIMES = 3;
/** A step that took less than this (ms) has no Event of its own: the Event of the promotion names its weight. */
const BRIEF_MS = 30_000;
/** Why a step stays: more weight, or the promotion, would rest on a comparison with errors. */
const BROKEN = "the stable version is broken, so Serin takes no step by itself until it serves again";

/** Judges the step in force, and grants the next one when it has lasted long enough and its checks hold. */
export function advance(snapshot: Snapshot): Decision {
  const step = stepOf(snapshot);
  if (step === undefined || snapshot.run === undefined) return { writes: [] };
  return step.kind === "pause" ? awaitResume(snapshot) : judgeStep(snapshot, step);
}

/** A pause of the plan is the Deployment's own: `kubectl rollout resume` ends it. */
function awaitResume(snapshot: Snapshot): Decision {
  const run = snapshot.run as RunRecord;
  const paused = snapshot.deployment.spec.paused === true;
  if (run.paused) {
    const order = orderToAdvance(snapshot);
    if (!paused) return grantNext(snapshot, order ?? "resumed");
    // The order ends the plan's pause, never the user's.
    if (order !== undefined && !snapshot.held.originals.paused)
      return { writes: [writePaused(snapshot.deployment, false)] };
    return { writes: [], condition: pausedByPlan(snapshot) };
  }
  // The pause comes before its record: in the other order, a crash between the two would skip the pause.
  return {
    writes: [
      writePaused(snapshot.deployment, true),
      ...record(snapshot, { ...run, paused: true }),
      writeEvent(snapshot.deployment, "Normal", "CanaryPaused", pausedByPlan(snapshot).message),
    ],
  };
}

function pausedByPlan(snapshot: Snapshot): ConditionUpdate {
  return holding(snapshot, "person", `paused by the plan: ${afterPause(snapshot)}`);
}

function judgeStep(snapshot: Snapshot, step: JudgedStep): Decision {
  const { now, judgeInput } = snapshot;
  const run = snapshot.run as RunRecord;
  // A route carries the instant itself; a canary by pods is in force as soon as its pods are ready.
  if (snapshot.routes.length === 0 && run.inForceSince === undefined) {
    return { writes: record(snapshot, { ...run, inForceSince: instant(now) }) };
  }
  const verdict = verdictOf(snapshot);
  if (judgeInput === undefined || verdict === undefined) return { writes: [] };
  return goOn(snapshot, step, withIdle(snapshot, withBypass(snapshot, verdict)), judgeInput.terms);
}

function goOn(snapshot: Snapshot, step: JudgedStep, verdict: Verdict, { stepFrom }: Criteria): Decision {
  const lasted = snapshot.now - stepFrom;
  const order = orderToAdvance(snapshot);
  if (order !== undefined && !snapshot.deployment.spec.paused)
    return grantNext(snapshot, `${order}: ${verdict.message}`);
  if (snapshot.deployment.spec.paused) {
    return { writes: [], condition: holding(snapshot, "person", `paused: ${afterPause(snapshot)}`) };
  }
  if (lasted < step.leastMs) {
    return { writes: [], condition: progressing(snapshot, verdict), waitMs: step.leastMs - lasted };
  }
  if (brokenStable(snapshot) !== undefined)
    return { writes: [], condition: holding(snapshot, "person", BROKEN), waitMs: TICK_MS };
  if (verdict.kind === "safe") return grantNext(snapshot, verdict.message, tellingOf(snapshot));
  const instead = withoutProof(snapshot, verdict, lasted);
  if (instead !== undefined) return instead;
  return { writes: [], condition: holding(snapshot, waitAfter(verdict), verdict.message), waitMs: TICK_MS };
}

/** The decision when a step has lasted long and the evidence proves nothing. */
function withoutProof(snapshot: Snapshot, verdict: Verdict, lasted: number): Decision | undefined {
  // What the user wants for silence also counts at a step that is not compared.
  const { maxIntervalMs, compare } = snapshot.plan;
  switch (verdict.kind) {
    case "no-route":
      // No user is affected, but waiting longer will not bring this canary any traffic.
      return lasted < progressDeadlineMs(snapshot.held.originals)
        ? undefined
        : rollBack(snapshot, verdict.message);
    case "bypassed":
    case "early":
    case "unread":
    case "no-series":
      return undefined;
    default:
  }
  if (!isLast(snapshot) && !verdict.keepsStep) {
    // More weight brings more evidence a minute, and the evidence of harm is kept.
    return lasted < maxIntervalMs ? undefined : grantNext(snapshot, `weak evidence: ${verdict.message}`);
  }
  if (lasted < LAST_TIMES * maxIntervalMs || compare === "off") return undefined;
  if (verdict.kind === "weakly-safe") return grantNext(snapshot, verdict.message);
  const isSilent = verdict.kind === "silent";
  const action = isSilent ? compare.silent : compare.inconclusive;
  const because = isSilent ? verdict.message : `inconclusive: ${verdict.message}`;
  if (action === "promote") return grantNext(snapshot, because);
  if (action === "rollback") return rollBack(snapshot, because);
  const why = isSilent ? "" : "inconclusive: neither harm nor safety is proven; ";
  return {
    writes: [],
    condition: holding(
      snapshot,
      isSilent ? "traffic" : "person",
      `${why}${verdict.message}; ${decidingOrders(snapshot)}`,
    ),
    waitMs: TICK_MS,
  };
}

/** How a step that proved safe by itself is told. */
function tellingOf(snapshot: Snapshot): typeof writeEvent {
  return snapshot.now - stepSince(snapshot) < BRIEF_MS ? mentionEvent : writeEvent;
}

/** Records that the canary is to be promoted. */
export function prove(snapshot: Snapshot, message: string, tell: typeof writeEvent = writeEvent): Decision {
  const { paused: _paused, inForceSince: _since, ...rest } = snapshot.run as RunRecord;
  return {
    writes: [
      ...record(snapshot, { ...rest, outcome: "proven", message, ...keptRequests(snapshot.held) }),
      tell(snapshot.deployment, "Normal", "CanaryProven", message),
    ],
  };
}

/** The sentence about a canary that is to be promoted. */
export function provenBy(snapshot: Snapshot, because: string): string {
  return `proven at ${shortly(grantedExposure(snapshot))}: ${because}`;
}

/** Grants the step after the present one, or after the last one the promotion. */
function grantNext(snapshot: Snapshot, because: string, tell: typeof writeEvent = writeEvent): Decision {
  const next = stepIndex(snapshot) + 1;
  const waits = awaitLeave(snapshot, next);
  if (waits !== undefined) return waits;
  if (next >= snapshot.plan.steps.length) return prove(snapshot, provenBy(snapshot, because), tell);
  const { paused: _paused, inForceSince: _since, ...rest } = snapshot.run as RunRecord;
  const message = `step ${next + 1} of ${snapshot.plan.steps.length} after ${shortly(grantedExposure(snapshot))}: ${because}`;
  const step = { step: next, granted: weightAt(snapshot.plan, next), stepSince: instant(snapshot.now) };
  return {
    writes: [
      ...record(snapshot, { ...rest, ...step, message }),
      tell(snapshot.deployment, "Normal", "CanaryStep", message),
    ],
  };
}

function record(snapshot: Snapshot, run: RunRecord) {
  return rewrite(snapshot, {}, withCourse(snapshot, run));
}

/**
 * Whether no later step can prove what this one leaves open: only pauses follow, or the weight at which nobody is left to
 * compare with. A strategy that compares nothing but copies leaves the proof to the checks of its next step.
 */
function isLast(snapshot: Snapshot): boolean {
  const { plan, judgeInput, routes } = snapshot;
  const byPods = routes.length === 0;
  const proves = strategies[plan.strategy].compared && judgeInput?.terms.compare !== "off";
  const later = plan.steps.slice(stepIndex(snapshot) + 1);
  return later.every((step) => step.kind === "pause" || (proves && !comparesAt(plan.strategy, step, byPods)));
}
