import { foldHarm, type Harm, type HarmOptions, harmDefaults, logHarm, noHarm } from "./harm.ts";
import { isComparable, type Tick } from "./tick.ts";

/** How many times as bad as the stable version the canary may be said to be at least. */
const TIMES = [1.5, 2, 3, 5, 10] as const;

/** The evidence against each of those ratios, for the words of a verdict; none before the first tick. */
export type Tolerable = readonly Harm[];

/** Before the first tick. */
export const noTolerable: Tolerable = [];

/** Adds one tick. A tick that is not comparable changes nothing. */
export function foldTolerable(
  before: Tolerable,
  tick: Tick,
  options: Pick<HarmOptions, "phi" | "cap"> = harmDefaults,
): Tolerable {
  if (!isComparable(tick)) return before;
  return TIMES.map((r0, i) => foldHarm(before[i] ?? noHarm, tick, { ...options, r0, delta: 0, onset: true }));
}

/**
 * The largest k of "at least k times as bad" that can be told: it and all smaller ones are refuted, so the sentence is wrong
 * with a chance of at most alpha, whichever k it names. `undefined` when not even the smallest is.
 */
export function atLeastTimes(state: Tolerable, alpha: number): number | undefined {
  const standing = TIMES.findIndex((_, i) => {
    return logHarm(state[i] ?? noHarm, { onset: true }) < Math.log(1 / alpha);
  });
  return TIMES[(standing < 0 ? TIMES.length : standing) - 1];
}
