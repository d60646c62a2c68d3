/** The most items that a list in an annotation may have. */
const MOST = 20;

/** Weights as `serin.dev/steps` wants them, and what was left out. */
export interface Steps {
  readonly weights: readonly number[];
  /** Sentences without a subject: "70 is left out: …". */
  readonly changes: readonly string[];
}

/** Increasing weights up to 100 out of any list of percentages; at most 20 of them, spread evenly, with the last one. */
export function increasing(given: readonly number[]): Steps {
  const weights: number[] = [];
  const changes: string[] = [];
  for (const weight of given) {
    const before = weights.at(-1) ?? 0;
    if (weight > before && weight <= 100) weights.push(weight);
    else changes.push(`${weight} after ${before} is left out: the weights of Serin's steps increase`);
  }
  if (weights.length <= MOST) return { weights, changes };
  const spread = Array.from(
    { length: MOST },
    (_, i) => weights[Math.ceil(((i + 1) * weights.length) / MOST) - 1] ?? 0,
  );
  return {
    weights: spread,
    changes: [...changes, `${MOST} of ${weights.length} steps are kept: an annotation takes no more`],
  };
}
