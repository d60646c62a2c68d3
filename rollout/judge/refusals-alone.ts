import { type Criteria, REFUSED_RATIO, refusalOptions } from "./criteria.ts";
import { foldHarm, type Harm, logHarm, noHarm } from "./harm-test.ts";
import { FEWEST_REQUESTS, foldLimitTest, type LimitTest, noLimitTest } from "./limit-test.ts";

/** The stable version's requests and 4xx answers in the worst minute before the rollout, and their dispersion. */
interface RefusalsBefore extends LimitTest {
  readonly phi: number;
}

/** The requests and 4xx answers of a canary that has all requests, and the evidence that these are too many. */
interface RefusalsAlone extends LimitTest {
  readonly harm: Harm;
}

/** What is known of both. */
interface Refusals {
  readonly refusalsAlone?: RefusalsAlone;
  readonly refusalsBefore?: RefusalsBefore;
}

const none: RefusalsAlone = { ...noLimitTest, harm: noHarm };
/** As if the stable version had so many times the canary's requests: its share is taken for known. */
const KNOWN = 1_000;
/** Without numbers to compare with, only a canary that refuses most requests is worth a word. */
const UNKNOWN = 0.5;

/**
 * Adds the canary's requests of one tick. The test is that of the comparison, with the stable version's share in its worst
 * minute for the one that it would have now: as long as it would have no more, the bound on mistakes holds.
 */
export function foldRefusalsAlone(
  { refusalsAlone: known = none, refusalsBefore: before }: Refusals,
  tick: LimitTest,
  criteria: Criteria,
): RefusalsAlone {
  const counted = foldLimitTest(known, tick);
  if (before === undefined || criteria.isChosen) return { ...counted, harm: known.harm };
  const total = KNOWN * tick.total;
  const { harm } = refusalOptions({ ...criteria, compare: criteria.alone ?? "off" }, before);
  const compared = [tick.bad, tick.total, shareOf(before) * total, total] as const;
  return { ...counted, harm: foldHarm(known.harm, compared, harm) };
}

/** ln E that they are too many; 0 on too few requests. */
export function logRefusedAlone({ total, harm }: RefusalsAlone): number {
  return total < FEWEST_REQUESTS ? 0 : logHarm(harm, { onset: true });
}

/** Whether a canary that has all requests, or those of chosen users, gives more 4xx answers than allowed, by chance or not. */
export function isRefusing(
  { refusalsAlone: counted = none, refusalsBefore: before }: Refusals,
  { alone, isChosen }: Criteria,
): boolean {
  if (alone === undefined || counted.total < FEWEST_REQUESTS) return false;
  const { tolerance, refused } = alone;
  const ratio = Math.max(REFUSED_RATIO, tolerance);
  const limit =
    before === undefined || isChosen ? Math.max(UNKNOWN, refused) : ratio * shareOf(before) + refused;
  return counted.bad > limit * counted.total;
}

/** One more than there were: a version that has not refused a request yet may still do so. */
function shareOf({ bad, total }: LimitTest): number {
  return Math.min(1, (bad + 1) / (total + 1));
}
