/** A share as a percentage: `1.03%`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

/** Seconds with the unit that suits: `250ms`, `1.2s`. */
export function quantity(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(4))}ms` : `${Number(seconds.toPrecision(4))}s`;
}

/** How many times as large, as a suffix: `: 10.1x`. Empty if the value to compare with is 0. */
export function ratio(of: number, to: number): string {
  const times = of / to;
  return Number.isFinite(times) ? `: ${times.toFixed(1)}x` : "";
}

/** Evidence as odds: ln E → `138`. */
export function odds(log: number): string {
  if (log > 14) return "over 1,000,000";
  const value = Math.exp(log);
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
