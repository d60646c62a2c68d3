/** The clocks of a cluster differ by at most this much, in ms. */
export const CLOCK_SKEW_MS = 10_000;

/** Times in objects are RFC 3339. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
