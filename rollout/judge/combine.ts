import { logSum } from "./log-math.ts";

/** The evidence of one metric, and its share in the verdict. */
export interface Weighted {
  /** Above 0, relative to the sum of all weights. */
  readonly weight: number;
  readonly logE: number;
}

/**
 * Combines several metrics into one verdict: ln of the weighted mean of their E. A mean of e-values is an e-value, and it is
 * stronger than a correction for the number of metrics. `leading` is the metric that contributes most. Without metrics, ln E
 * is 0 and `leading` is undefined.
 */
export function combine<M extends Weighted>(
  metrics: readonly M[],
): { readonly logE: number; readonly leading: M | undefined } {
  if (metrics.length === 0) return { logE: 0, leading: undefined };
  const weights = metrics.reduce((sum, { weight }) => sum + weight, 0);
  const shares = metrics.map(({ weight, logE }) => Math.log(weight / weights) + logE);
  return { logE: logSum(shares), leading: metrics[shares.indexOf(Math.max(...shares))] };
}
