import { foldHarm, type Harm, type HarmOptions, logHarm, noHarm } from "./harm-test.ts";
import { laterPart } from "./mixed-tick.ts";
import { addSums, noSums, type SafetySums, startOf } from "./safety-sums.ts";
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
  /** The evidence that the next weight is safe: what the step began with, and its own ticks. */
  readonly safety: Safety;
  /** The evidence that the next weight costs at most `MOST_LOSS`, or the plan's loss if that is larger. */
  readonly weakly: Safety;
  /** The step's latest whole tick. */
  readonly latest?: Tick;
  /** The latest whole tick of the step before; absent: it had none, or this step has a whole one. */
  readonly left?: Tick;
  /** The tick in which the step began, and `left`, until a whole tick tells which part of it the step has. */
  readonly mixed?: { readonly before: Tick; readonly tick: Tick };
  /** The evidence of safety since the first weight. Absent: no step begins with any, as in an earlier version's record. */
  readonly sums?: SafetySums;
}

/** How one metric is judged. */
export interface ComparisonOptions {
  readonly harm: HarmOptions;
  readonly safety: SafetyOptions;
  readonly weakly: SafetyOptions;
  /** The most ln F with which a step begins. */
  readonly mostStart: number;
}

/** Before the first tick. */
export function noComparison(at: number): Comparison {
  const lowest = { logE: 0, at };
  return { carried: noTick, totals: noTick, harm: noHarm, lowest, safety: noSafety, weakly: noSafety };
}

/** Begins a new step: its evidence of safety starts with what earlier ticks say, up to a limit; that of harm stays. */
export function enterStep(comparison: Comparison, options: ComparisonOptions): Comparison {
  // A tick of an earlier step than the one that is left says nothing about the share that this step takes over.
  const { mixed: _mixed, left: _left, latest: left, sums = noSums, ...kept } = comparison;
  return { ...kept, ...(left && { left }), ...startsOf(sums, options), sums };
}

/** When a tick was. */
export interface TickMoment {
  /** When it ended, in ms. */
  readonly at: number;
  /** How much of the tick the current step's weight was in force. */
  readonly part: "whole" | "mixed" | "none";
  /** Whether the stable version did as before the rollout. While it is broken, a canary that does no worse is not safe. */
  readonly isUsual: boolean;
}

/** Adds one tick. */
export function foldComparison(
  before: Comparison,
  tick: Tick,
  { at, part, isUsual }: TickMoment,
  options: ComparisonOptions,
): Comparison {
  const totals = carry(before.totals, tick);
  const batch = carry(before.carried, tick);
  if (!isComparable(batch)) return { ...before, totals, carried: batch };
  const harm = foldHarm(before.harm, batch, options.harm);
  const logE = logHarm(harm, options.harm);
  const lowest = logE <= before.lowest.logE ? { logE, at } : before.lowest;
  const compared = { ...before, carried: noTick, totals, harm, lowest };
  if (!isUsual) return compared;
  const sums = before.sums && addSums(before.sums, batch, options.safety);
  const folded = { ...compared, ...(sums && { sums }) };
  if (part === "mixed" && before.left) return { ...folded, mixed: { before: before.left, tick: batch } };
  if (part !== "whole") return { ...folded, ...(sums && startsOf(sums, options)) };
  const { mixed, left: _left, ...rest } = folded;
  const later = mixed ? laterPart(mixed.tick, mixed.before, batch) : noTick;
  // A mixed tick of which no part counts for the step counts for its start, like the ticks before it.
  const isEarlier = mixed !== undefined && later === noTick;
  const start = { ...before, ...(isEarlier && before.sums && startsOf(before.sums, options)) };
  const add = (to: Safety, by: SafetyOptions) => foldSafety(foldSafety(to, later, by), batch, by);
  const safety = add(start.safety, options.safety);
  const weakly = add(start.weakly, options.weakly);
  return { ...rest, latest: batch, safety, weakly };
}

function startsOf(sums: SafetySums, { safety, weakly, mostStart }: ComparisonOptions) {
  return {
    safety: startOf(sums, safety, mostStart),
    weakly: startOf(sums, weakly, mostStart),
  };
}
