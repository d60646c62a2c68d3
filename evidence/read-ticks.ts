import { AnswerTooLong, ProviderError } from "../providers/provider.ts";
import { type CounterSource, readCounters } from "./counters.ts";
import type { Grid } from "./prometheus.ts";
import { advanceSeries, asked, type Series, wantedFrom, warmGrid } from "./series.ts";

/** The most rollouts that one query reads: of one tick, of the few instants of a baseline, and of many ticks. */
const CHUNK = { tick: 500, warm: 150, ticks: 20 } as const;
/** Prometheus refuses more than 11,000 instants. */
const MOST_TICKS = 10_000;

/**
 * Reads the counters of rollouts with this tick up to the instant `to` (ms), and folds them. Notes on each why it cannot.
 * Resolves with the pause (ms) before the next question if Prometheus did not answer: the one for which it asks, or 0.
 */
export async function readTicks(
  from: CounterSource,
  group: readonly Series[],
  to: number,
  tickMs: number,
): Promise<number | undefined> {
  let pauseMs: number | undefined;
  const behind = group.filter(({ judged }) => judged !== undefined && judged.at < to);
  const cold = behind.filter(({ baseline }) => baseline === undefined);
  for (const [at = to, all] of Map.groupBy(cold, ({ judged }) => judged?.at)) {
    for (const chunk of chunks(all, CHUNK.warm))
      pauseMs = longer(pauseMs, await readChunk(from, chunk, warmGrid(chunk, at)));
  }
  const warm = behind.filter(({ baseline }) => baseline !== undefined);
  const current = warm.filter(({ judged }) => judged?.at === to - tickMs);
  const late = warm.filter((entry) => !current.includes(entry));
  for (const chunk of chunks(current, CHUNK.tick))
    pauseMs = longer(pauseMs, await readChunk(from, chunk, { from: to, to, stepMs: tickMs }));
  const missed = Math.max(1, ...late.map((entry) => (to - wantedFrom(entry)) / tickMs + 1));
  const size = Math.max(CHUNK.ticks, Math.floor(CHUNK.tick / missed));
  for (const chunk of chunks(late, size)) {
    const first = Math.min(...chunk.map(wantedFrom));
    const last = Math.min(to, first + MOST_TICKS * tickMs);
    pauseMs = longer(pauseMs, await readChunk(from, chunk, { from: first, to: last, stepMs: tickMs }));
  }
  return pauseMs;
}

/** Reads fewer rollouts, then fewer instants, at a time where an answer is too long. Later reads go on from there. */
async function readChunk(
  source: CounterSource,
  chunk: readonly Series[],
  grid: Grid,
): Promise<number | undefined> {
  const { from, to, stepMs } = grid;
  try {
    const counters = await readCounters(source, chunk.map(asked), grid);
    for (const entry of chunk) {
      const wanted = wantedFrom(entry);
      for (let at = from; at <= to; at += stepMs) {
        if (at >= wanted) advanceSeries(entry, at, counters.get(entry.watch.uid), at === to);
      }
      const doubt = counters.get(entry.watch.uid)?.doubt;
      if (doubt === undefined || doubt.until < to) delete entry.unread;
      else entry.unread = doubt.reason;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const isTooLong = error instanceof AnswerTooLong;
    if (isTooLong && chunk.length > 1) {
      const size = Math.ceil(chunk.length / 2);
      let pauseMs: number | undefined;
      for (const part of chunks(chunk, size)) pauseMs = longer(pauseMs, await readChunk(source, part, grid));
      return pauseMs;
    }
    const half = from + Math.floor((to - from) / stepMs / 2) * stepMs;
    // Instants up to the last one that was folded would only be read again.
    if (isTooLong && half > (chunk[0]?.judged?.at ?? to)) {
      return readChunk(source, chunk, { from, to: half, stepMs });
    }
    for (const entry of chunk) entry.unread = error.message;
    return error.retryAfterMs ?? 0;
  }
}

/** The longer pause; `undefined` without any. */
function longer(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
