/**
 * One tick: the bad and all requests of the canary, then those of the stable version, between two instants. Ticks are never
 * cumulative: while weight and base rate both change, totals would blame the canary for its hour of the day (Simpson's
 * paradox).
 */
export type Tick = readonly [xc: number, nc: number, xs: number, ns: number];

/** A tick without requests. */
export const noTick: Tick = [0, 0, 0, 0];

/** The sum of two ticks. */
export function carry(carried: Tick, tick: Tick): Tick {
  return [carried[0] + tick[0], carried[1] + tick[1], carried[2] + tick[2], carried[3] + tick[3]];
}

/**
 * Whether both versions served requests. A tick that is not comparable shows nothing by itself: its counts are carried into
 * the next tick. The end of a batch then depends on traffic only, never on failures, so the test stays valid.
 */
export function isComparable([, nc, , ns]: Tick): boolean {
  return nc > 0 && ns > 0;
}
