import { harmVerdict } from "../../rollout/judge/harm-verdict.ts";
import { type Progress, progressOf } from "../../rollout/judge/progress.ts";
import { safetyVerdict } from "../../rollout/judge/safety-verdict.ts";
import type { ReplayPoint } from "../../rollout/replay/replay.ts";
import type { RunRecord } from "../../rollout/workload/run-record.ts";

/** What the judge says about one weight of a rollout. Times are ms since the epoch. */
interface JudgedWeight {
  /** In percent. */
  readonly weight: number;
  readonly from: number;
  /** The end of the first tick after which the next weight is shown to be safe; absent: never, or nothing is compared. */
  readonly verifiedAt?: number;
}

/** What the judge says about a rollout, over all its ticks. */
export interface Judgement {
  /** The end of the first tick that shows harm, in ms, and the verdict. */
  readonly harm?: { readonly at: number; readonly says: string };
  readonly weights: readonly JudgedWeight[];
  /** The numbers after the last tick, or after the one that shows harm; absent without ticks. */
  readonly progress?: Progress;
}

/** Judges the ticks up to the first one that shows harm. */
export function judgementOf(
  points: readonly ReplayPoint[],
  { course = [] }: Pick<RunRecord, "course">,
): Judgement {
  const harmful = points.findIndex((point) => harmOf(point) !== undefined);
  const judged = harmful < 0 ? points : points.slice(0, harmful + 1);
  const last = judged.at(-1);
  const says = harmful < 0 || last === undefined ? undefined : harmOf(last);
  const begun = course.filter(({ at }) => last !== undefined && Date.parse(at) < last.tick.at);
  return {
    ...(last && says !== undefined && { harm: { at: last.tick.at, says } }),
    weights: begun.map(({ weight, at }) => judgedWeight(judged, weight, Date.parse(at))),
    ...(last && { progress: progressOf(last.evidence, last.criteria) }),
  };
}

function harmOf({ evidence, criteria }: ReplayPoint): string | undefined {
  return harmVerdict({ judged: evidence, gates: {} }, { terms: criteria, templates: [] });
}

function judgedWeight(points: readonly ReplayPoint[], weight: number, from: number): JudgedWeight {
  const own = points.filter(({ criteria }) => criteria.stepFrom === from);
  const safe = own.find(
    ({ evidence, criteria }) =>
      criteria.compare !== "off" && safetyVerdict(evidence, criteria.compare, criteria).kind === "safe",
  );
  return { weight, from, ...(safe && { verifiedAt: safe.tick.at }) };
}
