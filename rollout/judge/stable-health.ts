import { MOST_LOSS } from "./criteria.ts";
import { FEWEST_REQUESTS, type LimitTest, logLimitTest, noLimitTest } from "./limit-test.ts";

/** How the stable version does now, and how it did before the rollout. */
export interface StableHealth {
  /** Its latest requests; absent: none yet. */
  readonly recent?: LimitTest;
  /** The share of its requests that failed before the rollout, from 0 to 1; absent: too few requests to know. */
  readonly usual?: number;
}

/** Each tick with requests halves the weight of those before, so that a stable version that heals is well some ticks later. */
const KEPT = 0.5;
/** Without numbers from before the rollout, only a stable version that fails most of its requests is broken. */
const UNKNOWN = 0.5;
/** ln of 100: at these odds, it is not chance. */
const BROKEN = Math.log(100);

/** Adds the requests of one tick. */
export function foldRecent(before: LimitTest = noLimitTest, { bad, total }: LimitTest): LimitTest {
  if (total === 0) return before;
  return { bad: KEPT * before.bad + Math.min(bad, total), total: KEPT * before.total + total };
}

/**
 * Whether the stable version fails more of its requests than before the rollout, by more than a promotion may cost. What
 * strikes both versions, or the stable one alone, makes any canary look good.
 */
export function isStableBroken({ recent = noLimitTest, usual = UNKNOWN }: StableHealth): boolean {
  return logLimitTest(recent, usual + MOST_LOSS) >= BROKEN;
}

/**
 * The largest share of requests that failed in any of these stretches of time before the rollout. The largest, because a
 * version that ships in the middle of an outage may end it.
 */
export function usualOf(stretches: readonly LimitTest[]): number | undefined {
  const worst = worstOf(stretches);
  return worst && shareOf(worst);
}

/** The one of these stretches of time, or all together, with the largest share; `undefined` if all have too few requests. */
export function worstOf(stretches: readonly LimitTest[]): LimitTest | undefined {
  const all = stretches.reduce(
    (sum, { bad, total }) => ({ bad: sum.bad + bad, total: sum.total + total }),
    noLimitTest,
  );
  const known = [...stretches, all].filter(({ total }) => total >= FEWEST_REQUESTS);
  return known.toSorted((one, other) => shareOf(other) - shareOf(one))[0];
}

function shareOf({ bad, total }: LimitTest): number {
  return Math.min(bad, total) / total;
}
