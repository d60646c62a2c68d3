/** A sample arrives this long (ms) after its instant, because the scrape takes time. */
const LAG_MS = 1_000;
/** A timer may fire this much (ms) too early, and then the read would miss its instant and lose a whole tick. */
const EARLY_MS = 5;

/** The latest instant (ms) of the grid of ticks whose samples have arrived. */
export function latestInstant(tickMs: number, now: number): number {
  return Math.floor((now - LAG_MS) / tickMs) * tickMs;
}

/** The time (ms) until the samples of the grid's next instant have arrived. */
export function untilNextInstant(tickMs: number, now: number): number {
  return latestInstant(tickMs, now) + tickMs - (now - LAG_MS) + EARLY_MS;
}
