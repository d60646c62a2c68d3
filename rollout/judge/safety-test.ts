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
  /** The share of the stable version's requests that were bad before the rollout, from 0 to 1; absent: not known. */
  readonly rate?: number | undefined;
}

/** The defaults at a next weight of 100 %, where 0.5 % of all requests may additionally fail. */
export const safetyDefaults: SafetyOptions = { r1: 1.5, margin: 0.005, phi: 1 };

/** The evidence that this step's next weight is safe: ln L for each ratio; empty before the first tick. */
export interface Safety {
  readonly logL: readonly number[];
  /** The ratio of a canary that is like the stable version; absent: not known. The weights of the ratios follow it. */
  readonly expected?: number;
  /** ln F with which the step began; absent: 0. For messages only. */
  readonly start?: number;
}

/** Before the first tick. */
export const noSafety: Safety = { logL: [] };

/** The canary's true ratio may be any of these multiples of r1. A mixture over them needs no guess. */
export const RATIOS = [0.05, 0.2, 0.4, 0.6, 0.8] as const;
/** The weights of the mixture. They sum to 1. At a low base rate, a healthy canary lies far below r1 and the margin. */
const WEIGHTS = [0.5, 0.2, 0.15, 0.1, 0.05] as const;
/** How much of the weight goes to the ratios around the expected one. The rest is for canaries that are unlike the stable version. */
const EXPECTED = 0.8;

/** Adds one tick of the step. A tick that is not comparable changes nothing. */
export function foldSafety(before: Safety, tick: Tick, options: SafetyOptions): Safety {
  if (!isComparable(tick)) return before;
  const { r1, margin, phi } = options;
  return {
    ...(before.logL.length === 0 ? expectation(options) : before),
    logL: RATIOS.map(
      (ratio, j) => (before.logL[j] ?? 0) + logLikelihoodRatio(tick, r1 * ratio, r1, margin) / phi,
    ),
  };
}

/** ln F. While the canary is as bad as r1 and margin say, F reaches 1/beta with a chance of at most beta. 0 at the start. */
export function logSafety({ logL, expected }: Safety): number {
  if (logL.length === 0) return 0;
  const weights = expected === undefined ? WEIGHTS : weightsAround(expected);
  return logSum(logL.map((log, j) => log + Math.log(weights[j] ?? 0)));
}

/** The expected ratio, from what is known before the first tick: weights that knew the ticks would make F no test. */
export function expectation({ r1, margin, rate }: SafetyOptions): Pick<Safety, "expected"> {
  return rate === undefined || rate + margin <= 0 ? {} : { expected: rate / (r1 * rate + margin) };
}

/** Weights that sum to 1, most of them on the two ratios next to this one, in parts by their distances on a log scale. */
function weightsAround(ratio: number): readonly number[] {
  const [least = 0, most = 1] = [RATIOS[0], RATIOS.at(-1)];
  const at = Math.min(most, Math.max(least, ratio));
  const upper = Math.max(
    1,
    RATIOS.findIndex((one) => one >= at),
  );
  const [low = least, high = most] = [RATIOS[upper - 1], RATIOS[upper]];
  const part = Math.log(at / low) / Math.log(high / low);
  const near = (j: number) => (j === upper ? part : j === upper - 1 ? 1 - part : 0);
  return WEIGHTS.map((weight, j) => (1 - EXPECTED) * weight + EXPECTED * near(j));
}
