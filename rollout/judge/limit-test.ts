/**
 * A sequential test of a share against a limit: the evidence that more than `limit` of the requests are bad. It is valid
 * however often it is read, and needs no stable version to compare with. For Bernoulli (and Poisson) counts the exponential of
 *     l(λ) = x ln λ − n limit (λ − 1)
 * has an expectation of at most 1 while the true share is at most `limit`, for every λ > 1 (1 + y ≤ e^y); so has the
 * mean over several λ, and by Ville's inequality it ever reaches 1/alpha with a chance of at most alpha
 * (Ramdas, Grünwald, Vovk, Shafer, arXiv:2210.01948). The limit is constant, hence cumulative counts give the same value
 * as the product over all readings.
 */
import { logMean } from "./log-math.ts";

/** All requests so far. */
export interface LimitTest {
  readonly bad: number;
  readonly total: number;
}

/** Before the first request. */
export const noLimitTest: LimitTest = { bad: 0, total: 0 };

const RATIOS = [1.5, 2, 3, 5, 10] as const;

/** A limit of 0 would make one bad request infinite evidence, so the limit is at least one in a million. */
const SMALLEST_LIMIT = 1e-6;

/** Adds the requests of one tick. More bad requests than requests count as all of them. */
export function foldLimitTest(before: LimitTest, { bad, total }: LimitTest): LimitTest {
  return { bad: before.bad + Math.min(bad, total), total: before.total + total };
}

/** Fewer requests decide nothing, however many were bad: three of three may be one client's mistake. */
export const FEWEST_REQUESTS = 20;

/** Whether the evidence reaches the threshold ln(1/alpha), on enough requests. */
export function decides(test: LimitTest, limit: number, threshold: number): boolean {
  return test.total >= FEWEST_REQUESTS && logLimitTest(test, limit) >= threshold;
}

/** ln E against a tolerated share in [0, 1). 0 before the first request. */
export function logLimitTest({ bad, total }: LimitTest, limit: number): number {
  const tolerated = Math.max(limit, SMALLEST_LIMIT);
  return logMean(RATIOS.map((ratio) => bad * Math.log(ratio) - total * tolerated * (ratio - 1)));
}
