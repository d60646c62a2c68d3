import { LATENCY_MARGIN } from "../rollout/judge/criteria.ts";
import type { JudgeStart } from "../rollout/judge/fold.ts";
import { strengthsOf } from "../rollout/judge/progress.ts";
import type { ReplayPoint } from "../rollout/replay/replay.ts";
import type { RunRecord } from "../rollout/workload/run-record.ts";
import type { BothSeries, Charts } from "./api.ts";

type Series = BothSeries["stable"];
type Course = Charts["course"];

/** The most points that a chart has: more than a screen shows. */
const MOST = 600;
/** Odds are not told beyond e^100. */
const MOST_NATS = 100;

/** The points that a chart shows as one: the evidence after the last one, and the requests of all. */
interface Group {
  readonly last: ReplayPoint;
  readonly canary: number;
  readonly stable: number;
  readonly ms: number;
}

/** The curves of a rollout that was judged again. Without points, they are empty, and `says` tells why. */
export function chartsOf(
  revision: string,
  record: Pick<RunRecord, "course" | "progress">,
  start: Pick<JudgeStart, "tickMs" | "bounds"> | undefined,
  points: readonly ReplayPoint[],
  says?: string,
): Charts {
  const groups = grouped(points, start?.tickMs ?? 0);
  const course = courseOf(record);
  const each = (value: (group: Group) => number | undefined): Series =>
    groups.map((group) => rounded(value(group)));
  const compareOf = ({ criteria }: ReplayPoint) =>
    criteria.compare === "off" ? undefined : criteria.compare;
  const compared = (
    totalsOf: (point: ReplayPoint) => Totals,
    margin: (compare: { margin: number }) => number,
  ) => ({
    stable: each(({ last }) => percent(totalsOf(last)[2], totalsOf(last)[3])),
    canary: each(({ last }) => percent(totalsOf(last)[0], totalsOf(last)[1])),
    allowed: each(({ last }) => {
      const compare = compareOf(last);
      const [, , bad, all] = totalsOf(last);
      return compare && all > 0 ? 100 * ((compare.tolerance * bad) / all + margin(compare)) : undefined;
    }),
  });
  const strengths = groups.map(({ last }) => strengthsOf(last.evidence, last.criteria));
  const lastStrengths = strengths.findLast((one) => one !== undefined);
  return {
    revision,
    times: groups.map(({ last }) => last.tick.at / 1000),
    course,
    failed: compared(
      ({ evidence }) => evidence.errors.totals,
      ({ margin }) => margin,
    ),
    slow: (start?.bounds ?? []).map((seconds, i) => ({
      seconds,
      ...compared(
        ({ evidence }) => evidence.latency[i]?.totals ?? NOTHING,
        () => LATENCY_MARGIN,
      ),
    })),
    evidence: {
      harm: strengths.map((one) => rounded(one && bounded(one.harm.log))),
      safe: strengths.map((one) => rounded(one && bounded(one.safe.log))),
      harmLimit: record.progress?.harm?.limit ?? lastStrengths?.harm.limit ?? 0,
      safeLimit: record.progress?.safe?.limit ?? lastStrengths?.safe.limit ?? 0,
    },
    traffic: {
      granted: each(({ last }) => grantedAt(course, last.tick.at / 1000)),
      measured: each(({ canary, stable }) => percent(canary, canary + stable)),
    },
    rate: {
      stable: each(({ stable, ms }) => stable / (ms / 1000)),
      canary: each(({ canary, ms }) => canary / (ms / 1000)),
    },
    ...(says !== undefined && { says }),
  };
}

/** The canary's bad and all requests so far, then those of the stable version. */
type Totals = readonly [number, number, number, number];
const NOTHING: Totals = [0, 0, 0, 0];

function grouped(points: readonly ReplayPoint[], tickMs: number): readonly Group[] {
  const size = Math.max(1, Math.ceil(points.length / MOST));
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const own = points.slice(i * size, (i + 1) * size);
    const sum = (version: "canary" | "stable") =>
      own.reduce((all, { tick }) => all + tick.counts[version].total, 0);
    const last = own.at(-1) as ReplayPoint;
    return { last, canary: sum("canary"), stable: sum("stable"), ms: own.length * tickMs };
  });
}

function courseOf({ course = [] }: Pick<RunRecord, "course">): Course {
  return course.map(({ step, weight, at }) => ({ at: Date.parse(at) / 1000, step: step + 1, weight }));
}

function grantedAt(course: Course, at: number): number {
  return course.findLast((one) => one.at <= at)?.weight ?? 0;
}

function percent(part: number, all: number): number | undefined {
  return all > 0 ? (100 * part) / all : undefined;
}

function bounded(nats: number): number {
  return Math.max(-MOST_NATS, Math.min(MOST_NATS, nats));
}

/** Four digits after the point are more than a curve shows. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toFixed(4));
}
