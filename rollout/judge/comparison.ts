import { foldHarm, type Harm, type HarmOptions, logHarm, noHarm } from "./harm-test.ts";
import { foldSafety, noSafety, type Safety, type SafetyOptions } from "./safety-test.ts";
import { carry, isComparable, noTick, type Tick } from "./tick.ts";

/** All evidence on one metric of both versions so far. */
export interface Comparison {
  /** Counts of ticks in which only one version served; the next batch includes them. */
  readonly carried: Tick;
  /** For messages only: no test reads totals. */
  readonly totals: Tick;
  readonly harm: Harm;
  /** The lowest ln E so far, and when (ms) it was reached. The evidence since then made the verdict. */
  readonly lowest: { readonly logE: number; readonly at: number };
  /** This step's evidence that the next weight is safe. */
  readonly safety: Safety;
  /** This step's evidence that the next weight costs at most `MOST_LOSS`, or the plan's loss if that is larger. */
  readonly weakly: Safety;
}

/** How one metric is judged. */
export interface ComparisonOptions {
  readonly harm: HarmOptions;
  readonly safety: SafetyOptions;
  readonly weakly: SafetyOptions;
}

/** Before the first tick. */
export function noComparison(at: number): Comparison {
  const lowest = { logE: 0, at };
  return { carried: noTick, totals: noTick, harm: noHarm, lowest, safety: noSafety, weakly: noSafety };
}

/** Begins a new step: the evidence of safety starts again, the evidence of harm stays. */
export function forgetSafety(comparison: Comparison): Comparison {
  return { ...comparison, safety: noSafety, weakly: noSafety };
}

/** Adds the tick that ended at `at` (ms). `inStep`: the current step's weight was in force during the whole tick. */
export function foldComparison(
  before: Comparison,
  tick: Tick,
  at: number,
  inStep: boolean,
  options: ComparisonOptions,
): Comparison {
  const totals = carry(before.totals, tick);
  const batch = carry(before.carried, tick);
  if (!isComparable(batch)) return { ...before, totals, carried: batch };
  const harm = foldHarm(before.harm, batch, options.harm);
  const logE = logHarm(harm, options.harm);
  const lowest = logE <= before.lowest.logE ? { logE, at } : before.lowest;
  const folded = { carried: noTick, totals, harm, lowest };
  if (!inStep) return { ...before, ...folded };
  const safety = foldSafety(before.safety, batch, options.safety);
  const weakly = foldSafety(before.weakly, batch, options.weakly);
  return { ...folded, safety, weakly };
}
