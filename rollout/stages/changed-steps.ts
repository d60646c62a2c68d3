import { weightAt } from "../plan/grant.ts";
import { instant } from "../text/instant.ts";
import type { Decision } from "./decision.ts";
import { rewrite } from "./hook-record.ts";
import { type Snapshot, stepIndex } from "./snapshot.ts";

/**
 * Records the step in force if a changed plan has put another one there, or the first one with more weight. The least time and
 * the evidence of safety of the step before it say nothing about this one, and it has its own deadline for ready pods.
 */
export function followSteps(snapshot: Snapshot): Decision | undefined {
  const { run, plan, now, evidence, deployment } = snapshot;
  if (run === undefined) return undefined;
  const step = stepIndex(snapshot);
  const weight = weightAt(plan, step);
  if (step === run.step && weight <= (run.granted ?? weight)) return undefined;
  const { paused, inForceSince: _since, ...rest } = run;
  // A pause that Serin began is the plan's until somebody ends it: without the note, it would be the user's own.
  const isPaused = paused === true && deployment.spec.paused === true;
  const next = {
    ...rest,
    ...{ step, granted: weight, stepSince: instant(now) },
    ...(isPaused && { paused }),
  };
  // By pods nothing is judged until the step is in force, so the evidence of harm goes on from the record.
  return { writes: rewrite(snapshot, evidence?.judged && { evidence: evidence.judged }, next) };
}
