import { tiltOf } from "./likelihood.ts";
import { expectation, logSafety, RATIOS, type Safety, type SafetyOptions } from "./safety-test.ts";
import { isComparable, type Tick } from "./tick.ts";

/**
 * The evidence of safety since the first weight, for whatever margin the next step has: ln L of a ratio is
 * `logR + margin · room`, because A and B of a tick do not depend on the margin. One pair for each ratio; empty before the
 * first tick.
 */
export interface SafetySums {
  readonly logR: readonly number[];
  readonly room: readonly number[];
}

/** At the first weight. */
export const noSums: SafetySums = { logR: [], room: [] };

/** Adds one tick, of whatever step. A tick that is not comparable changes nothing. */
export function addSums(
  before: SafetySums,
  tick: Tick,
  { r1, phi }: Pick<SafetyOptions, "r1" | "phi">,
): SafetySums {
  if (!isComparable(tick)) return before;
  const tilts = RATIOS.map((ratio) => tiltOf(tick, r1 * ratio, r1));
  return {
    logR: tilts.map(({ logR }, j) => (before.logR[j] ?? 0) + logR / phi),
    room: tilts.map(({ room }, j) => (before.room[j] ?? 0) + room / phi),
  };
}

/**
 * The evidence with which a step begins: what all earlier ticks say about this step's margin, lowered to at most
 * 1/√beta (`most` = ln(1/beta)/2), so that each step still has to add as much by its own weight.
 *
 * A canary that is as bad as r1 and this margin say since its first weight reaches 1/beta in this step with a chance of at
 * most beta: F over all ticks is a nonnegative supermartingale from 1; the factor by which it is lowered is at most 1 and
 * known when the step begins, and a supermartingale that is scaled down at a stopping time stays one. A canary that
 * becomes that bad only by this step's weight reaches it with a chance of at most √beta: from the step's beginning on, F is
 * a nonnegative supermartingale that starts at 1/√beta or less (Ville). It is as if each half of the evidence were a
 * test of its own. The harm test, which forgets nothing and has no such start, bounds the rest.
 */
export function startOf({ logR, room }: SafetySums, options: SafetyOptions, most: number): Safety {
  if (logR.length === 0) return { logL: [] };
  const logL = logR.map((log, j) => log + options.margin * (room[j] ?? 0));
  const expected = expectation(options);
  const log = logSafety({ logL, ...expected });
  const excess = Math.max(0, log - most);
  return { logL: logL.map((one) => one - excess), ...expected, start: log - excess };
}
