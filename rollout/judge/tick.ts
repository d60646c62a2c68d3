/**
 * One tick: bad and all requests of the canary, bad and all of the stable version, between two instants. Never cumulative:
 * with weight and base rate both on the move, totals would blame the canary for the hour it came in (Simpson's paradox).
 */
export type Tick = readonly [xc: number, nc: number, xs: number, ns: number];

/** Nothing has happened. */
export const noTick: Tick = [0, 0, 0, 0];

/** Two ticks as one. */
export function carry(carried: Tick, tick: Tick): Tick {
  return [carried[0] + tick[0], carried[1] + tick[1], carried[2] + tick[2], carried[3] + tick[3]];
}

/**
 * Whether both versions served. A tick that is not comparable says nothing by itself: its counts are carried into the next
 * one. Where a batch ends then depends on traffic only, never on failures, so the test stays valid.
 */
export function isComparable([, nc, , ns]: Tick): boolean {
  return nc > 0 && ns > 0;
}
