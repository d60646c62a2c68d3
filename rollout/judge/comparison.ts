import { foldHarm, type Harm, type HarmOptions, logHarm, noHarm } from "./harm-test.ts";
import { foldSafety, noSafety, type Safety, type SafetyOptions } from "./safety-test.ts";
import { carry, isComparable, noTick, type Tick } from "./tick.ts";

/** One metric of both versions: all the evidence on it so far. */
export interface Comparison {
  /** Counts of ticks in which only one version served: they go into the next batch. */
  readonly carried: Tick;
  /** For people; no test looks at totals. */
  readonly totals: Tick;
  readonly harm: Harm;
  /** The least ln E so far and when it was: what came later made the verdict. */
  readonly lowest: { readonly logE: number; readonly at: number };
  /** Of this step, for the next weight. */
  readonly safety: Safety;
  /** Of this step, for the most that may be lost at all. */
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

/** A new step asks anew whether the canary is safe; harm is remembered. */
export function forgetSafety(comparison: Comparison): Comparison {
  return { ...comparison, safety: noSafety, weakly: noSafety };
}

/** Adds the tick that ended at `at` (ms); `inStep`: the present step's weight was in force all the time. */
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
  const judged = { carried: noTick, totals, harm, lowest };
  if (!inStep) return { ...before, ...judged };
  const safety = foldSafety(before.safety, batch, options.safety);
  const weakly = foldSafety(before.weakly, batch, options.weakly);
  return { ...judged, safety, weakly };
}
