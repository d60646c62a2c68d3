import { distance } from "fastest-levenshtein";

// Longer words are not typing mistakes, and the table of distances stays small.
const LONGEST = 64;
/** The share of letters that may differ. Two swapped letters cost two edits, so `stpes` differs from `steps` by 0.4. */
const FARTHEST = 0.45;

/**
 * The candidate that differs least from `word`, for "did you mean"; `undefined` when none is near enough: within `mostEdits`
 * letters, by default within a share of them. Capitals do not count.
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  mostEdits = Number.POSITIVE_INFINITY,
): string | undefined {
  if (word.length > LONGEST) return undefined;
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.min(mostEdits, farthest(word, candidate)))
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** Appends a suggestion to a sentence about an unknown word: `; did you mean steps?`. Empty without one. */
export function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
}

function farthest(word: string, candidate: string): number {
  return Math.max(1, FARTHEST * Math.max(word.length, candidate.length));
}
