import { logLikelihoodRatio } from "./likelihood.ts";
import { logMean } from "./log-math.ts";
import { isComparable, type Tick } from "./tick.ts";

/** What the evidence must exclude before the canary gets more traffic. */
export interface SafetyOptions {
  /** That it fails at least this many times as often as the stable version … */
  readonly r1: number;
  /** … and this share of its requests more: what all traffic may lose, over the next weight (0.005 / 0.5). */
  readonly margin: number;
  /** As in `HarmOptions`. */
  readonly phi: number;
}

/** The defaults at a next weight of 100 %, where 0.5 % of all requests may additionally fail. */
export const safetyDefaults: SafetyOptions = { r1: 1.5, margin: 0.005, phi: 1 };

/** The evidence of safety in this step: ln L for each ratio; none before the first tick. */
export interface Safety {
  readonly logL: readonly number[];
}

/** At the start of a step. */
export const noSafety: Safety = { logL: [] };

/** How many times r1 the canary may really be. */
const RATIOS = [0.05, 0.2, 0.4, 0.6, 0.8] as const;

/** Adds one tick of the step. A tick that is not comparable changes nothing. */
export function foldSafety(before: Safety, tick: Tick, { r1, margin, phi }: SafetyOptions): Safety {
  if (!isComparable(tick)) return before;
  return {
    logL: RATIOS.map(
      (ratio, j) => (before.logL[j] ?? 0) + logLikelihoodRatio(tick, r1 * ratio, r1, margin) / phi,
    ),
  };
}

/** ln F: reaches 1/beta with a chance of at most beta while the canary is as bad as r1 and margin say. 0 at the start. */
export function logSafety({ logL }: Safety): number {
  return logL.length === 0 ? 0 : logMean(logL);
}
