/** The clocks of a cluster differ by at most this much, in ms. */
export const CLOCK_SKEW_MS = 10_000;

/**
 * The latest time (ms) by this clock at which a record with the instant `at` may have been written. `ledSince`: since when this
 * controller leads. An instant from before is of another process, whose clock may be behind; that process wrote nothing later.
 */
export function latestOf(at: number, ledSince = Number.NEGATIVE_INFINITY): number {
  return at < ledSince ? Math.min(ledSince, at + CLOCK_SKEW_MS) : at;
}

/** Times in objects are RFC 3339. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
