import { formatDuration } from "../rollout/text/duration.ts";

/** The most items that a list in an annotation may have. */
const MOST = 20;
const LONGEST_MS = 168 * 3_600_000;

/** Weights as `serin.dev/steps` wants them, and what was left out. */
export interface Steps {
  readonly weights: readonly number[];
  /** Sentences without a subject: "70 is left out: …". */
  readonly changes: readonly string[];
}

/** Increasing weights up to 100 out of any list of percentages; at most 20 of them, spread evenly, with the first one and the last one. */
export function increasing(given: readonly number[]): Steps {
  const weights: number[] = [];
  const changes: string[] = [];
  for (const weight of given) {
    const before = weights.at(-1) ?? 0;
    if (weight > before && weight <= 100) weights.push(weight);
    else changes.push(`${weight} after ${before} is left out: the weights of Serin's steps increase`);
  }
  if (weights.length <= MOST) return { weights, changes };
  return {
    weights: spread(weights, MOST),
    changes: [...changes, `${MOST} of ${weights.length} steps are kept: an annotation takes no more`],
  };
}

/** A step with the least time (ms) at its weight, or a pause that a person ends. */
export interface TimedStep {
  readonly weight: number | "pause";
  readonly ms: number;
}

/** Steps as the value of `serin.dev/steps`, and a sentence about those that are left out. */
export function stepsText(steps: readonly TimedStep[]): { readonly text: string; readonly change?: string } {
  const kept = thinned(steps);
  const items = kept.map(({ weight, ms }) =>
    ms === 0 ? String(weight) : `${weight}:${formatDuration(Math.min(LONGEST_MS, ms))}`,
  );
  const change = `${kept.length} of ${steps.length} steps are kept: an annotation takes no more`;
  return { text: items.join(", "), ...(kept.length < steps.length && { change }) };
}

/** At most 20 of these steps: as many of the weights as there is room for, spread evenly, and the pauses between them. */
function thinned(steps: readonly TimedStep[]): readonly TimedStep[] {
  if (steps.length <= MOST) return steps;
  const weights = steps.filter(({ weight }) => weight !== "pause");
  for (let count = weights.length; count > 1; count -= 1) {
    const found = withWeights(steps, new Set(spread(weights, count)));
    if (found.length <= MOST) return found;
  }
  return withWeights(steps, new Set(weights));
}

/** The steps without the other weights; each keeps the time of those left out before it, and pauses in a row are one. */
function withWeights(steps: readonly TimedStep[], kept: ReadonlySet<TimedStep>): readonly TimedStep[] {
  const found: TimedStep[] = [];
  let ms = 0;
  for (const step of steps) {
    ms += step.ms;
    if (step.weight === "pause") {
      if (found.at(-1)?.weight !== "pause") found.push(step);
    } else if (kept.has(step)) {
      found.push({ ...step, ms });
      ms = 0;
    }
  }
  return found;
}

/** This many items, two or more, spread evenly, with the first one and the last one. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  const kept = new Set(
    Array.from({ length: count }, (_, i) => Math.round((i * (items.length - 1)) / (count - 1))),
  );
  return items.filter((_, i) => kept.has(i));
}
