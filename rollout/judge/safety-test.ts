import { logLikelihoodRatio } from "./likelihood.ts";
import { logSum } from "./log-math.ts";
import { isComparable, type Tick } from "./tick.ts";

/** The harm that the evidence must exclude before the canary gets more traffic. */
export interface SafetyOptions {
  /** The canary fails at least this many times as often as the stable version … */
  readonly r1: number;
  /** … and this share of its requests more: the loss allowed for all traffic, divided by the next share (0.005 / 0.5). */
  readonly margin: number;
  /** As in `HarmOptions`. */
  readonly phi: number;
}

/** The defaults at a next weight of 100 %, where 0.5 % of all requests may additionally fail. */
export const safetyDefaults: SafetyOptions = { r1: 1.5, margin: 0.005, phi: 1 };

/** The evidence that this step's next weight is safe: ln L for each ratio; empty before the first tick. */
export interface Safety {
  readonly logL: readonly number[];
  /** ln F with which the step began; absent: 0. For messages only. */
  readonly start?: number;
}

/** Before the first tick. */
export const noSafety: Safety = { logL: [] };

/** The canary's true ratio may be any of these multiples of r1. A mixture over them needs no guess. */
export const RATIOS = [0.05, 0.2, 0.4, 0.6, 0.8] as const;
/** The weights of the mixture. They sum to 1. At a low base rate, a healthy canary lies far below r1 and the margin. */
const WEIGHTS = [0.5, 0.2, 0.15, 0.1, 0.05] as const;

/** Adds one tick of the step. A tick that is not comparable changes nothing. */
export function foldSafety(before: Safety, tick: Tick, { r1, margin, phi }: SafetyOptions): Safety {
  if (!isComparable(tick)) return before;
  return {
    ...before,
    logL: RATIOS.map(
      (ratio, j) => (before.logL[j] ?? 0) + logLikelihoodRatio(tick, r1 * ratio, r1, margin) / phi,
    ),
  };
}

/** ln F. While the canary is as bad as r1 and margin say, F reaches 1/beta with a chance of at most beta. 0 at the start. */
export function logSafety({ logL }: Safety): number {
  return logL.length === 0 ? 0 : logSum(logL.map((log, j) => log + Math.log(WEIGHTS[j] ?? 0)));
}
