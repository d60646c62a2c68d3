import type { Clock } from "../kube/core/clock.ts";

/** How long (ms) and how many answers are kept. */
export interface MemoizeOptions {
  readonly clock: Pick<Clock, "now">;
  readonly forMs: number;
  /** A failure is kept for a shorter time. It is kept because a thousand canaries may meet the same one. */
  readonly failureForMs: number;
  readonly most: number;
}

/** Reads each key once in a period, also for calls at the same time. Drops the oldest answers. */
export function memoize<T>(options: MemoizeOptions, read: (key: string) => Promise<T>) {
  const kept = new Map<string, { until: number; answer: Promise<T> }>();
  return (key: string): Promise<T> => {
    const now = options.clock.now();
    const known = kept.get(key);
    if (known !== undefined && now < known.until) return known.answer;
    const entry = { until: now + options.forMs, answer: read(key) };
    entry.answer.catch(() => {
      entry.until = now + options.failureForMs;
    });
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > options.most) kept.delete(kept.keys().next().value ?? "");
    return entry.answer;
  };
}
