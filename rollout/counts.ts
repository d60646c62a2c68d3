/**
 * What the gateway counted for one version of one workload: raw counters as they stood at one instant, per series.
 * A series is named by its labels; its value only grows until it restarts from zero.
 */
export interface Counters {
  /** Requests per series; `code` is the HTTP status. */
  readonly requests: ReadonlyMap<string, { readonly code: string; readonly value: number }>;
  /** Cumulative histogram per series; `le` is the bucket's upper bound in seconds (Infinity for +Inf). */
  readonly buckets: ReadonlyMap<string, { readonly le: number; readonly value: number }>;
}

/** What happened between two instants. */
export interface Counts {
  readonly total: number;
  /** Requests answered with a 5xx status. */
  readonly failed: number;
  /** Status → requests. */
  readonly codes: Readonly<Record<string, number>>;
  /** Upper bound in seconds → requests at most that slow, ascending, the last one +Inf. */
  readonly atMost: readonly (readonly [le: number, requests: number])[];
}

/**
 * Increments per series, then summed: a series that restarted counts from zero, a new one counts whole (a twin's series
 * begins with its first request), a vanished one adds nothing. Differences of sums would take a vanished series for a
 * restart of all.
 */
export function countsBetween(before: Counters, after: Counters): Counts {
  const codes: Record<string, number> = {};
  let total = 0;
  let failed = 0;
  for (const [series, { code, value }] of after.requests) {
    const added = increment(before.requests.get(series)?.value, value);
    if (added === 0) continue;
    codes[code] = (codes[code] ?? 0) + added;
    total += added;
    if (code.startsWith("5")) failed += added;
  }
  const atMost = new Map<number, number>();
  for (const [series, { le, value }] of after.buckets) {
    atMost.set(le, (atMost.get(le) ?? 0) + increment(before.buckets.get(series)?.value, value));
  }
  return { total, failed, codes, atMost: [...atMost].sort(([a], [b]) => a - b) };
}

/**
 * Requests slower than a limit in seconds: those above the first bucket bound that is not below it, since nothing finer is
 * in the data. Also returns how many requests the histogram holds.
 */
export function slowerThan(counts: Counts, seconds: number): { slow: number; total: number; bound: number } {
  const total = counts.atMost.at(-1)?.[1] ?? 0;
  const [bound, within] = counts.atMost.find(([le]) => le >= seconds) ?? [Number.POSITIVE_INFINITY, total];
  return { slow: Math.max(0, total - within), total, bound };
}

/**
 * The quantile in seconds, interpolated inside its bucket as Prometheus' histogram_quantile does; the last finite bound
 * where it lies above all of them. `undefined` without requests.
 */
export function quantile(counts: Counts, q: number): number | undefined {
  const total = counts.atMost.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = q * total;
  let lower = 0;
  let below = 0;
  for (const [le, cumulative] of counts.atMost) {
    if (cumulative >= rank) {
      if (!Number.isFinite(le)) return lower;
      return cumulative === below ? le : lower + ((le - lower) * (rank - below)) / (cumulative - below);
    }
    lower = le;
    below = cumulative;
  }
  return lower;
}

function increment(before: number | undefined, after: number): number {
  return before === undefined || after < before ? after : after - before;
}
