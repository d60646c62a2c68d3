/** ln of the sum of exps; −Infinity for an empty list. */
export function logSum(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/**
 * ln of the mean of exps: an average of e-values is an e-value, without a correction for how many there are.
 * Needs at least one value.
 */
export function logMean(logs: readonly number[]): number {
  return logSum(logs) - Math.log(logs.length);
}
