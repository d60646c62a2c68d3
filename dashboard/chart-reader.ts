import pLimit from "p-limit";
import { latestInstant, ticksFrom } from "../evidence/grid.ts";
import type { Prometheus } from "../evidence/prometheus.ts";
import { readStart } from "../evidence/start.ts";
import { readTickCounts, type TicksRead } from "../evidence/tick-counts.ts";
import { ticksBy } from "../evidence/ticks.ts";
import type { Clock } from "../kube/core/clock.ts";
import { memoize } from "../providers/memo.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Counted } from "../rollout/judge/evidence.ts";
import type { JudgeStart } from "../rollout/judge/fold.ts";
import { isByPods } from "../rollout/replay/past-sources.ts";
import { recordedStart, replayOf } from "../rollout/replay/replay.ts";
import { instant } from "../rollout/text/instant.ts";
import type { Charts } from "./api.ts";
import { chartsOf } from "./charts.ts";
import { type Judged, type JudgedReader, readJudged } from "./judged.ts";

/** The means to draw curves. */
export interface ChartOptions extends JudgedReader {
  /** Absent: nobody told where Prometheus is. */
  readonly prometheus: Prometheus | undefined;
  readonly clock: Clock;
}

/** The curves of a rollout by its Deployment (`namespace/name`) and revision; `undefined`: no record of such a rollout. */
export type ReadCharts = (key: string, revision: string) => Promise<Charts | undefined>;

/** How long (ms) curves are kept, so that many readers cost Prometheus no more than one. */
const KEPT_MS = 5_000;
const MOST_KEPT = 100;
/** How many rollouts are replayed at once. */
const AT_ONCE = 4;
/** The most ticks that are replayed: a rollout of a day, scraped every 5 s. */
const MOST_TICKS = 17_280;
/** The start of a rollout that has not recorded it yet is read once. */
const START_MS = 3_600_000;

/** Reads the counters of one rollout when somebody looks, and judges them again. */
export function chartReader(options: ChartOptions): ReadCharts {
  const { prometheus, clock } = options;
  const limit = pLimit(AT_ONCE);
  const starts = new Map<string, { readonly until: number; readonly start: JudgeStart }>();
  const charts = memoize({ clock, forMs: KEPT_MS, failureForMs: KEPT_MS, most: MOST_KEPT }, (id) => {
    const [key = "", revision = ""] = id.split(" ");
    return limit(() => draw(key, revision));
  });
  return (key, revision) => charts(`${key} ${revision}`);

  async function draw(key: string, revision: string): Promise<Charts | undefined> {
    const judged = await readJudged(options, key, revision);
    if (judged === undefined) return undefined;
    const { record, plan, sources } = judged;
    const empty = (says: string) => chartsOf(revision, record, undefined, [], says);
    const reason = reasonWithout(judged, prometheus);
    if (reason !== undefined || prometheus === undefined) return empty(reason ?? "");
    const source = { prometheus, namesakes: { doubts: () => () => undefined } };
    try {
      const start = await startOfRollout(judged, source);
      if (start === undefined) return empty("the canary has had no traffic, so nothing was judged");
      const wanted = judged.until ?? latestInstant(ticksFrom(start), clock.now());
      const to = Math.min(wanted, start.from + MOST_TICKS * start.tickMs);
      const watch = { uid: judged.uid, sources };
      const { from, tickMs: stepMs, bounds } = start;
      const read = await readTickCounts(source, { watch, bounds }, { from, to, stepMs });
      const says = saysOf(read, { from, stepMs, to, wanted });
      const points = replayOf(record, plan, start, read.ticks, isByPods(sources));
      return chartsOf(revision, record, start, points, says);
    } catch (error) {
      if (error instanceof ProviderError) return empty(error.message);
      throw error;
    }
  }

  /** From the record, else from Prometheus as the controller reads it. */
  async function startOfRollout(
    { record, input }: Judged,
    source: Parameters<typeof readStart>[0] & { readonly prometheus: Prometheus },
  ): Promise<JudgeStart | undefined> {
    const recorded = recordedStart(record);
    if (recorded !== undefined || input === undefined) return recorded;
    const id = `${input.uid} ${input.rollout} ${input.from}`;
    const now = clock.now();
    for (const [other, { until }] of starts) if (until < now) starts.delete(other);
    const known = starts.get(id)?.start;
    if (known !== undefined) return known;
    const { start } = await readStart(source, input, ticksBy({ prometheus: source.prometheus, clock }));
    starts.set(id, { until: now + START_MS, start });
    return start;
  }
}

function reasonWithout(
  { plan, sources, unread }: Judged,
  prometheus: Prometheus | undefined,
): string | undefined {
  if (unread !== undefined) return unread;
  if (prometheus === undefined) return "no Prometheus is known: start the dashboard with --prometheus";
  if (plan.prometheus !== undefined)
    return `the provider ${plan.prometheus} counts this rollout, and the dashboard reads no provider's Secret`;
  return isCounted(sources) ? undefined : "no route names a Service of this Deployment, so no gateway counts";
}

function isCounted(sources: readonly Counted[]): boolean {
  return sources.some(({ canary, stable }) => canary.length + stable.length > 0);
}

interface Span {
  readonly from: number;
  readonly stepMs: number;
  readonly to: number;
  readonly wanted: number;
}

/** What a reader must know about the curves. */
function saysOf({ countedFrom, doubt }: TicksRead, { from, stepMs, to, wanted }: Span): string | undefined {
  if (doubt !== undefined) return doubt;
  if (countedFrom === undefined)
    return "Prometheus has no counts of this time: it may keep less, or not scrape the gateway";
  if (countedFrom > from + stepMs) return `Prometheus has counts from ${instant(countedFrom)} on only`;
  return to < wanted ? `the curves end at ${instant(to)}: the rollout is longer` : undefined;
}
