import { AnswerTooLong, ProviderError } from "../providers/provider.ts";
import { type CounterSource, readCounters } from "./counters.ts";
import { advanceSeries, asked, type Series, wantedFrom } from "./series.ts";

/** The most rollouts that one query reads: of one tick, and of many ticks. */
const CHUNK = { tick: 500, ticks: 20 } as const;
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
  const current = behind.filter(({ judged, baseline }) => baseline && judged?.at === to - tickMs);
  const late = behind.filter((entry) => !current.includes(entry));
  for (const chunk of chunks(current, CHUNK.tick))
    pauseMs = longer(pauseMs, await readChunk(from, chunk, to, to, tickMs));
  const missed = Math.max(1, ...late.map((entry) => (to - wantedFrom(entry)) / tickMs + 1));
  const size = Math.max(CHUNK.ticks, Math.floor(CHUNK.tick / missed));
  for (const chunk of chunks(late, size)) {
    const first = Math.min(...chunk.map(wantedFrom));
    const last = Math.min(to, first + MOST_TICKS * tickMs);
    pauseMs = longer(pauseMs, await readChunk(from, chunk, first, last, tickMs));
  }
  return pauseMs;
}

/** Reads fewer rollouts, then fewer instants, at a time where an answer is too long. Later reads go on from there. */
async function readChunk(
  from: CounterSource,
  chunk: readonly Series[],
  first: number,
  to: number,
  stepMs: number,
): Promise<number | undefined> {
  try {
    const counters = await readCounters(from, chunk.map(asked), { from: first, to, stepMs });
    for (const entry of chunk) {
      for (let at = wantedFrom(entry); at <= to; at += stepMs) {
        advanceSeries(entry, at, counters.get(entry.watch.uid), at === to);
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
      for (const part of chunks(chunk, size))
        pauseMs = longer(pauseMs, await readChunk(from, part, first, to, stepMs));
      return pauseMs;
    }
    const half = first + Math.floor((to - first) / stepMs / 2) * stepMs;
    // Instants up to the last one that was folded would only be read again.
    if (isTooLong && half > (chunk[0]?.judged?.at ?? to)) {
      return readChunk(from, chunk, first, half, stepMs);
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
