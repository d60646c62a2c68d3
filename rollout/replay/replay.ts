import type { Criteria } from "../judge/criteria.ts";
import { type Evidence, fold, type JudgeStart, noEvidence, type TickCounts } from "../judge/fold.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { criteriaOver, type RecordedSteps } from "./criteria.ts";

/** A tick, and what the judge says after it. */
export interface ReplayPoint {
  readonly tick: TickCounts;
  readonly criteria: Criteria;
  /** The evidence after the tick. */
  readonly evidence: Evidence;
}

/** The start that the controller found; absent until it has recorded evidence, with the end of the first step. */
export function recordedStart({ evidence }: Pick<RunRecord, "evidence">): JudgeStart | undefined {
  if (evidence === undefined) return undefined;
  const { since, from, tickMs, phi, bounds, usual, refusalsBefore, pace, rates, median } = evidence;
  return {
    ...{ since, from, tickMs, phi, bounds },
    ...(usual !== undefined && { usual }),
    ...(refusalsBefore && { refusalsBefore }),
    ...(pace !== undefined && { pace }),
    ...(rates && { rates }),
    ...(median !== undefined && { median }),
  };
}

/**
 * Judges the ticks of one rollout (`at` ascending, one every `tickMs` from `from` on) as the controller judged them. Two
 * things differ. Restarts do not count, because no history of pods is stored. A plan that was changed in flight counts as
 * it is given here from the first tick on. `byPods`: no route split the traffic.
 */
export function replayOf(
  record: RecordedSteps,
  plan: Plan,
  start: JudgeStart,
  ticks: readonly TickCounts[],
  byPods = false,
): readonly ReplayPoint[] {
  const criteriaAt = criteriaOver(record, plan, byPods);
  let evidence = noEvidence(start);
  return ticks.map((tick) => {
    const criteria = criteriaAt(tick.at);
    evidence = fold(evidence, tick, criteria);
    return { tick, criteria, evidence };
  });
}
