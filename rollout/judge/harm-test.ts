import { logLikelihoodRatio } from "./likelihood.ts";
import { logSum } from "./log-math.ts";
import { isComparable, type Tick } from "./tick.ts";

/** The canary's tolerance, and how sensitive the test is. */
export interface HarmOptions {
  /** The canary may fail this many times as often as the stable version … */
  readonly r0: number;
  /** … and this share of its requests more. */
  readonly delta: number;
  /** Variance of the counts over their mean: failures that come in clusters count for less. At least 1. */
  readonly phi: number;
  /** The most that one tick may add to ln E; Infinity for no cap. */
  readonly cap: number;
  /** Whether the harm may begin at any tick. If false, it is present from the first tick. */
  readonly onset: boolean;
}

/** The defaults for failures. With this cap, no single burst decides at alpha = 1 %. */
export const harmDefaults: HarmOptions = {
  r0: 1.2,
  delta: 0.0005,
  phi: 1,
  cap: 0.75 * Math.log(100),
  onset: true,
};

/** The evidence of harm so far. Survives JSON bit by bit. */
export interface Harm {
  /** Ticks so far in which both versions served. */
  readonly t: number;
  /** ln S of each effect size; empty before the first tick, because JSON has no −Infinity. */
  readonly logS: readonly number[];
}

/** Before the first tick. */
export const noHarm: Harm = { t: 0, logS: [] };

/** How many times worse than allowed the canary may be. A mixture over them needs no guess of the true effect. */
const EFFECTS = [1.25, 1.6, 2, 3, 5, 10, 30, 100] as const;
/** Half of the prior is on harm from the first tick; half of the rest is spent within this many ticks. */
const K = 60;

/**
 * Adds one tick: S := exp(min(cap, l / phi)) (S + pi / J) for each effect size. Lowering l only lowers the expectation of
 * exp(l), and so does dividing it by phi ≥ 1, so the test stays valid. A tick that is not comparable changes nothing.
 */
export function foldHarm(before: Harm, tick: Tick, { r0, delta, phi, cap, onset }: HarmOptions): Harm {
  if (!isComparable(tick)) return before;
  const t = before.t + 1;
  const starting = onset ? Math.log(onsetPrior(t) / EFFECTS.length) : Number.NEGATIVE_INFINITY;
  const first = onset ? Number.NEGATIVE_INFINITY : -Math.log(EFFECTS.length);
  const logS = EFFECTS.map((effect, j) => {
    const gained = Math.min(cap, logLikelihoodRatio(tick, r0 * effect, r0, delta) / phi);
    return gained + logSum([before.logS[j] ?? first, starting]);
  });
  return { t, logS };
}

/**
 * ln E. While the canary is within its tolerance, E has an expectation of at most 1, however often and however long it is
 * read. 0 before the first tick.
 */
export function logHarm({ t, logS }: Harm, { onset }: Pick<HarmOptions, "onset">): number {
  if (t === 0) return 0;
  return onset ? logSum([...logS, Math.log(onsetRest(t))]) : logSum(logS);
}

/** The prior probability that the harm begins at tick t = 1, 2, …; these sum to 1. */
export function onsetPrior(t: number): number {
  return t === 1 ? 1 / 2 : K / (2 * (K + t - 2) * (K + t - 1));
}

/** The prior probability that the harm begins after tick t. */
export function onsetRest(t: number): number {
  return K / (2 * (K + t - 1));
}
