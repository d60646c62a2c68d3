import type { Criteria } from "../judge/criteria.ts";
import { weightAfter } from "../plan/grant.ts";
import { judgedBy } from "../plan/judged-by.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunRecord } from "../workload/run-record.ts";

/** What a rollout's record says about its steps. */
export type RecordedSteps = Pick<RunRecord, "course" | "step" | "stepSince">;

/** A step, by its index, and since when (ms) it was judged. */
interface Period {
  readonly step: number;
  readonly from: number;
}

/**
 * The criteria by which a rollout was judged at an instant (ms). The record keeps when each weight came into force, but not
 * when an earlier pause began: evidence of safety that was counted in a pause belongs to the step before it here. The next
 * weight begins with the same evidence either way, and evidence of harm knows no steps. `byPods`: no route split the traffic.
 */
export function criteriaOver(record: RecordedSteps, plan: Plan, byPods = false): (at: number) => Criteria {
  const periods = periodsOf(record);
  return (at) => {
    const present = Math.max(
      0,
      periods.findLastIndex((period) => period.from <= at),
    );
    const { step, from } = periods[present] ?? periods[0];
    const left = periods[present - 1];
    const { compare, checks, alone, isChosen } = judgedBy(plan, plan.steps.slice(0, step + 1), byPods);
    return {
      compare,
      checks: checks.filter((check) => check.metric !== "template"),
      ...(alone && { alone }),
      ...(isChosen && { isChosen }),
      stepFrom: from,
      ...(left && { leftFrom: left.from }),
      nextShare: weightAfter(plan, step) / 100,
    };
  };
}

/** The first one also counts for what was before it. */
function periodsOf({ course = [], step, stepSince }: RecordedSteps): readonly [Period, ...Period[]] {
  const present = { step, from: Date.parse(stepSince) };
  const [first, ...others] = course.map(({ step, at }) => ({ step, from: Date.parse(at) }));
  if (first === undefined) return [present];
  const last = others.at(-1) ?? first;
  // The present step was granted, and its weight is not in force yet, or it is a pause.
  return [first, ...others, ...(present.from > last.from ? [present] : [])];
}
