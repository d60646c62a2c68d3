import { setTimeout as delay } from "node:timers/promises";

/** Time as a parameter, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds, at once for a negative number, after the longest wait there is for NaN; rejects with
   * the signal's reason as soon as the signal aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers take more for 1 ms. A longer sleep ends early, and the caller looks at its clock again. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    // Node takes NaN for 1 ms: a loop that waits for it would spin. An error would do the same where it is caught.
    const waitMs = Number.isNaN(ms) ? LONGEST_MS : Math.min(Math.max(0, ms), LONGEST_MS);
    await delay(waitMs, undefined, signal ? { signal } : {});
  },
};

/**
 * How long to wait after the n-th failure in a row (n from 0): 0.2 s doubling to 10 s, of which a random half is
 * taken off, so that many clients do not come back together.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(10_000, 200 * 2 ** Math.min(failures, 20));
  return full * (1 - random() / 2);
}
