import { AnswerTooLong } from "../providers/provider.ts";
import { type Baseline, incrementsSince } from "../rollout/judge/counters.ts";
import type { TickCounts } from "../rollout/judge/fold.ts";
import { type CounterQuery, type CounterReading, type CounterSource, readCounters } from "./counters.ts";
import type { Grid } from "./prometheus.ts";

/** The ticks of a rollout that were read at once, with hindsight. */
export interface TicksRead {
  /** From the tick that ends at `from + stepMs` on; without counts where there was none. */
  readonly ticks: readonly TickCounts[];
  /** The first instant (ms) with a counter of the rollout's backends; absent: there is none. */
  readonly countedFrom?: number;
  /** Why some of the counters may be those of others; ticks up to then have no counts. */
  readonly doubt?: string;
}

/** The most instants that one query reads: Prometheus refuses more than 11,000, and an answer must fit into memory. */
const CHUNK = 1_000;

/** Reads the ticks of one rollout as EvidenceReader does, from their first instant (whole ticks). Throws a ProviderError. */
export async function readTickCounts(
  source: CounterSource,
  query: CounterQuery,
  { from, to, stepMs }: Grid,
): Promise<TicksRead> {
  const ticks: TickCounts[] = [];
  let baseline: Baseline | undefined;
  let countedFrom: number | undefined;
  let doubt: CounterReading["doubt"];
  for (let first = from; first <= to; first += CHUNK * stepMs) {
    const last = Math.min(to, first + (CHUNK - 1) * stepMs);
    const reading = await readInstants(source, query, { from: first, to: last, stepMs });
    doubt ??= reading.doubt;
    for (let at = first; at <= last; at += stepMs) {
      const counters = reading.instants.get(at) ?? [];
      if (counters.length > 0) countedFrom ??= at;
      const { baseline: next, ...known } = incrementsSince(baseline, counters);
      baseline = next;
      const isDoubtful = reading.doubt !== undefined && at <= reading.doubt.until;
      const { counts, present } = isDoubtful ? incrementsSince(undefined, []) : known;
      if (at > from) ticks.push({ at, counts, present });
    }
  }
  return {
    ticks,
    ...(countedFrom !== undefined && { countedFrom }),
    ...(doubt && { doubt: doubt.reason }),
  };
}

/** Reads fewer instants at a time where an answer is too long. */
async function readInstants(source: CounterSource, query: CounterQuery, grid: Grid): Promise<CounterReading> {
  const { from, to, stepMs } = grid;
  try {
    const read = await readCounters(source, [query], grid);
    return read.get(query.watch.uid) ?? { instants: new Map() };
  } catch (error) {
    if (!(error instanceof AnswerTooLong) || from === to) throw error;
    const middle = from + Math.floor((to - from) / stepMs / 2) * stepMs;
    const before = await readInstants(source, query, { from, to: middle, stepMs });
    const after = await readInstants(source, query, { from: middle + stepMs, to, stepMs });
    const doubt = after.doubt ?? before.doubt;
    return { instants: new Map([...before.instants, ...after.instants]), ...(doubt && { doubt }) };
  }
}
