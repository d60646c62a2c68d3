/** The instants at which ticks end: `phaseMs`, `phaseMs + tickMs`, and so on, in ms since the epoch. */
export interface Ticks {
  readonly tickMs: number;
  /** From 0 to below `tickMs`. */
  readonly phaseMs: number;
  /** How late (ms) samples reach Prometheus; absent: as soon as they are scraped. */
  readonly lateMs?: number | undefined;
}

/** A sample arrives this long (ms) after its instant, because the scrape takes time. */
export const LAG_MS = 1_000;
/** A timer may fire this much (ms) too early, and then the read would miss its instant and lose a whole tick. */
const EARLY_MS = 5;

/** The ticks of which one begins at `from`. */
export function ticksFrom({
  from,
  tickMs,
  lateMs,
}: Omit<Ticks, "phaseMs"> & { readonly from: number }): Ticks {
  return { tickMs, phaseMs: from % tickMs, ...(lateMs !== undefined && { lateMs }) };
}

/** Tells two grids apart. */
export function gridKeyOf({ tickMs, phaseMs, lateMs = 0 }: Ticks): string {
  return `${tickMs} ${phaseMs} ${lateMs}`;
}

/** The latest instant (ms) up to `at`. */
export function instantUpTo({ tickMs, phaseMs }: Ticks, at: number): number {
  return Math.floor((at - phaseMs) / tickMs) * tickMs + phaseMs;
}

/** The latest instant (ms) whose samples have arrived. */
export function latestInstant(ticks: Ticks, now: number): number {
  return instantUpTo(ticks, arrivedUpTo(ticks, now));
}

/** The time (ms) until the samples of the next instant have arrived. */
export function untilNextInstant(ticks: Ticks, now: number): number {
  return latestInstant(ticks, now) + ticks.tickMs - arrivedUpTo(ticks, now) + EARLY_MS;
}

function arrivedUpTo({ lateMs = 0 }: Ticks, now: number): number {
  return now - LAG_MS - lateMs;
}
