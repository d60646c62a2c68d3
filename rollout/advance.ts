import { settledAt } from "./drain.ts";
import { surgePods } from "./hold.ts";
import { judge, type Verdict } from "./judge.ts";
import { flightOf } from "./overlay.ts";
import type { Run } from "./run.ts";
import {
  type Decision,
  grantedWeight,
  instant,
  recordOf,
  replicaSetOfRecord,
  replicasOf,
  type Says,
  type Seen,
  stepIndex,
  stepOf,
  uidOf,
  wantedSurge,
} from "./seen.ts";
import type { WeightStep } from "./steps.ts";
import { takeBack } from "./takeback.ts";
import { writeEvent, writeMark, writePaused } from "./write.ts";

/** How often the metrics are looked at while a step lasts, in ms. */
const TICK_MS = 5_000;

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

function judgeStep(seen: Seen, step: WeightStep): Decision {
  const run = recordOf(seen) as Run;
  const byPods = seen.routes.length === 0;
  // A route says itself since when; a canary by pods is in force as soon as its pods are ready.
  if (byPods && run.inForceSince === undefined) {
    return { writes: record(seen, { ...run, inForceSince: instant(seen.now) }) };
  }
  const since = byPods ? Date.parse(run.inForceSince ?? "") : routedSince(seen);
  const counted = Math.max(since, settledAt(seen));
  const checks = byPods && seen.plan.checksAreDefault ? [] : seen.plan.checks;
  if (checks.length > 0 && !byPods && seen.evidence === undefined) {
    return { writes: [], evidenceSince: counted };
  }
  const evidence = seen.evidence ?? {
    kind: "none",
    reason: "no route names a Service of this Deployment, so no gateway counts its canary",
  };
  const verdict = judge(checks, evidence, seen.plan.steps.filter(({ kind }) => kind === "weight").length);
  if (verdict.kind === "fail") return takeBack(seen, verdict.message);
  return goOn(seen, step, verdict, since);
}

function goOn(seen: Seen, step: WeightStep, verdict: Verdict, since: number): Decision {
  const lasted = seen.now - since;
  if (lasted < step.leastMs) {
    return { writes: [], says: progressing(seen), waitMs: Math.min(TICK_MS, step.leastMs - lasted) };
  }
  if (seen.deployment.spec.paused) {
    return { writes: [], says: holding(seen, "paused: kubectl rollout resume goes on"), waitMs: TICK_MS };
  }
  if (verdict.kind === "pass") return grantNext(seen, verdict.message);
  if (lasted >= seen.plan.maxIntervalMs && !isLast(seen))
    return grantNext(seen, `weak evidence: ${verdict.message}`);
  return { writes: [], says: holding(seen, verdict.message), waitMs: TICK_MS };
}

/** Grants what comes after the present step (or all the rest): the next step, or after the last one the promotion. */
function grantNext(seen: Seen, because: string, steps = 1): Decision {
  const run = recordOf(seen) as Run;
  const next = stepIndex(seen) + steps;
  const { paused: _paused, inForceSince: _since, ...rest } = run;
  if (next >= seen.plan.steps.length) {
    const message = `proven at ${grantedWeight(seen)}%: ${because}`;
    return {
      writes: [
        ...record(seen, { ...rest, outcome: "proven", message }),
        writeEvent(seen.deployment, "Normal", "CanaryProven", message),
      ],
    };
  }
  const message = `step ${next + 1} of ${seen.plan.steps.length} after ${grantedWeight(seen)}%: ${because}`;
  return {
    writes: [
      ...record(seen, { ...rest, step: next, stepSince: instant(seen.now), message }),
      writeEvent(seen.deployment, "Normal", "CanaryStep", message),
    ],
  };
}

function record(seen: Seen, run: Run) {
  const replicaSet = replicaSetOfRecord(seen);
  return replicaSet === undefined ? [] : [writeMark(replicaSet, uidOf(seen), run)];
}

function isLast(seen: Seen): boolean {
  return seen.plan.steps.slice(stepIndex(seen) + 1).every((step) => step.kind === "pause");
}

function routedSince(seen: Seen): number {
  return Math.max(...seen.routes.map((route) => Date.parse(flightOf(route, uidOf(seen))?.since ?? "")));
}

function progressing(seen: Seen): Says {
  const message = `canary has ${shareOf(seen)}, step ${stepIndex(seen) + 1} of ${seen.plan.steps.length}`;
  return { status: "Unknown", reason: "Progressing", message };
}

/** What the canary is given: exact at a gateway; through a Service's pods only about as much as was granted. */
function shareOf(seen: Seen): string {
  if (seen.routes.length > 0) return `${grantedWeight(seen)}% of the traffic`;
  const stable = replicasOf(seen.deployment);
  const pods = surgePods(wantedSurge(seen), stable);
  return `${pods} of ${stable + pods} pods and their share of the traffic, as no route names its Services`;
}

function holding(seen: Seen, why: string): Says {
  return { status: "Unknown", reason: "Holding", message: `holding at ${grantedWeight(seen)}%: ${why}` };
}
