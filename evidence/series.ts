import { type Baseline, incrementsSince } from "../rollout/judge/counters.ts";
import type { Findings, JudgeInput } from "../rollout/judge/evidence.ts";
import { type Evidence, fold } from "../rollout/judge/fold.ts";
import type { CounterQuery, CounterReading } from "./counters.ts";
import type { Ticks } from "./grid.ts";
import type { Grid } from "./prometheus.ts";

/** A followed rollout, and the evidence that was read so far. */
export interface Series {
  watch: JudgeInput;
  askedAt: number;
  ticks: Ticks;
  judged?: Evidence;
  baseline?: Baseline;
  unread?: string;
  gates: Findings["gates"];
  /** A read of its template checks is under way. */
  asking?: boolean;
  /** Bounds of all latency buckets, if they are known. */
  all?: readonly number[];
}

/** After a restart of the controller, a series that was absent for this long (ms) counts as new. */
const WARM_MS = 5 * 60_000;
/** So many instants of that time tell which series there were. Each tick of it would be ten times what was missed. */
const WARM_INSTANTS = 3;

/**
 * Takes the counters of one instant. An instant before the known evidence is only the baseline of the next one. So is an
 * instant at which the counters may be those of others: its tick has no requests.
 */
export function advanceSeries(
  entry: Series,
  at: number,
  counted: CounterReading | undefined,
  newest: boolean,
): void {
  const isDoubtful = counted?.doubt !== undefined && at <= counted.doubt.until;
  const { baseline, ...known } = incrementsSince(entry.baseline, counted?.instants.get(at) ?? []);
  const { counts, present } = isDoubtful ? incrementsSince(undefined, []) : known;
  entry.baseline = baseline;
  if (entry.judged === undefined || at <= entry.judged.at) return;
  const { terms, pods } = entry.watch;
  entry.judged = fold(entry.judged, { at, counts, present, ...(newest && { pods }) }, terms);
}

/** The first instant to read. */
export function wantedFrom({ judged, baseline, ticks: { tickMs } }: Series): number {
  if (judged === undefined) return Number.POSITIVE_INFINITY;
  return baseline === undefined ? Math.max(judged.from, judged.at - WARM_MS) : judged.at + tickMs;
}

/** The instants that tell the baseline of rollouts whose evidence ends at `at` (ms). The first of them may be before a rollout. */
export function warmGrid(cold: readonly Series[], at: number): Grid {
  const spanMs = at - Math.min(...cold.map(wantedFrom));
  // One instant is a grid as well, whatever its step.
  const stepMs = Math.max(1, Math.ceil(spanMs / (WARM_INSTANTS - 1)));
  return { from: spanMs === 0 ? at : at - (WARM_INSTANTS - 1) * stepMs, to: at, stepMs };
}

/** The next query for its counters. */
export function asked({ watch, judged, all }: Series): CounterQuery {
  const limits = watch.terms.checks.flatMap((check) => (check.metric === "percentile" ? [check.limit] : []));
  if (limits.length > 0 && !all?.length) return { watch, bounds: "all" };
  const resolved = limits.flatMap((limit) => all?.find((bound) => bound >= limit) ?? []);
  return { watch, bounds: [...(judged?.bounds ?? []), ...resolved] };
}

/** Whether metrics count its requests, and the plan needs the counts. */
export function isCounted({ sources, terms }: JudgeInput): boolean {
  return sources.length > 0 && (terms.compare !== "off" || terms.checks.length > 0);
}
