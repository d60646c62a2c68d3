import type { Clock } from "../../kube/core/clock.ts";

/** How long answers are kept (ms), and how many. */
export interface MemoizeOptions {
  readonly clock: Pick<Clock, "now">;
  readonly forMs: number;
  /** Failures are kept shorter, and kept at all so that a thousand canaries that meet one ask once. */
  readonly failureForMs: number;
  readonly most: number;
}

/** Reads each key once in a while, also when asked many times at once. The oldest answers are dropped. */
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
