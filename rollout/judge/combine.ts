import { logSum } from "./log-math.ts";

/** The evidence of one metric, and its share in the verdict. */
export interface Weighted {
  /** Above 0; shares are relative to their sum. */
  readonly weight: number;
  readonly logE: number;
}

/**
 * Several metrics in one verdict: ln of the weighted mean of their E, which is as valid as each of them and stronger than a
 * correction for how many there are. `leading` is the one that contributes most. 0 and undefined without any.
 */
export function combine<M extends Weighted>(
  metrics: readonly M[],
): { readonly logE: number; readonly leading: M | undefined } {
  if (metrics.length === 0) return { logE: 0, leading: undefined };
  const weights = metrics.reduce((sum, { weight }) => sum + weight, 0);
  const shares = metrics.map(({ weight, logE }) => Math.log(weight / weights) + logE);
  return { logE: logSum(shares), leading: metrics[shares.indexOf(Math.max(...shares))] };
}
