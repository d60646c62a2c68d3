import type { RunRecord } from "../workload/run-record.ts";
import type { Wait } from "../workload/waits.ts";
import { writeEvent } from "../workload/writes.ts";
import { report } from "./condition.ts";
import { withCourse } from "./course.ts";
import type { Decision } from "./decision.ts";
import { rewrite } from "./hook-record.ts";
import { type Snapshot, stepIndex } from "./snapshot.ts";
import { waitIn } from "./wait.ts";

/** How often (ms) the numbers of the metrics are recorded within a step. */
const RECORD_MS = 30_000;

/** The waits that have no Event of their own: evidence comes by itself, and `WriteFailed` tells a refusal. */
const UNTOLD: readonly Wait[] = ["evidence", "api"];

/**
 * Tells people what a decision says: in the condition `Canary`, once per step and wait in an Event, and its numbers and the
 * wait in the run record, so that programs read them without the metrics and parse no sentence.
 */
export function retell(snapshot: Snapshot, decision: Decision): Decision {
  const reported = report(snapshot, decision.condition);
  const told = announceWait(snapshot, decision);
  if (reported.writes.length === 0 && told === undefined) return reported;
  return {
    ...reported,
    writes: [...(told?.events ?? []), ...reported.writes, ...record(snapshot, decision, told?.announced)],
  };
}

/**
 * The record of another wait than before, with an Event if this step has not had it yet: a wait may pass and come back. A
 * pause of the plan has an Event of its own.
 */
function announceWait(snapshot: Snapshot, { condition, writes }: Decision) {
  const { deployment, run, plan } = snapshot;
  // The loss of the stable version has an Event of its own.
  const now = condition?.reason === "StableLost" ? undefined : waitIn(condition);
  // Another write of the same record would make the API server refuse this one, so the next decision announces the wait.
  if (now === undefined || now === "pods" || run === undefined || run.paused || writes.length > 0)
    return undefined;
  const step = stepIndex(snapshot);
  const before: Omit<NonNullable<RunRecord["announced"]>, "step"> = run.announced?.step === step
    ? run.announced
    : { waits: [], now: "evidence" };
  if (now === before.now) return undefined;
  const isTold = UNTOLD.includes(now) || before.waits.includes(now);
  const message = `step ${step + 1} of ${plan.steps.length}: ${condition?.message}`;
  return {
    events: isTold ? [] : [writeEvent(deployment, "Normal", "CanaryWaiting", message)],
    announced: { step, waits: isTold ? before.waits : [...before.waits, now], now },
  };
}

function record(snapshot: Snapshot, { writes }: Decision, announced: RunRecord["announced"]) {
  const { run } = snapshot;
  if (writes.length > 0 || run === undefined) return [];
  if (announced === undefined && !isProgressDue(snapshot)) return [];
  return rewrite(snapshot, announced && { announced }, withCourse(snapshot, run));
}

function isProgressDue({ run, evidence, judgeInput }: Snapshot): boolean {
  const at = evidence?.judged?.at;
  if (judgeInput === undefined || at === undefined) return false;
  const before = run?.progress?.at ?? run?.evidence?.at ?? judgeInput.from;
  return at - before >= RECORD_MS;
}
