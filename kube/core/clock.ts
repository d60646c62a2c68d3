import { setTimeout as delay } from "node:timers/promises";

/** Time as a parameter, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds: at once for a negative number, after the longest possible wait for NaN. Rejects
   * with the signal's reason when the signal aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers take more for 1 ms. A longer sleep ends early, and the caller looks at its clock again. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    // Node takes NaN for 1 ms, so a loop that waits for NaN would spin. If a loop catches errors, an error would make it
    // spin as well.
    const waitMs = Number.isNaN(ms) ? LONGEST_MS : Math.min(Math.max(0, ms), LONGEST_MS);
    await delay(waitMs, undefined, signal ? { signal } : {});
  },
};

/**
 * A clock that only passes: corrections of the machine's clock do not move it. It may stand still while the machine is
 * suspended. Its instants mean nothing to other processes.
 */
export const steadyClock: Clock = { now: () => performance.now(), sleep: systemClock.sleep };

/** The machine's clock is never corrected by more than this (ms) while it is only slowed or sped up. */
const JUMP_MS = 1_000;

/**
 * The steady clock, moved on by each jump ahead of the machine's clock: so it counts the time of a suspended machine as well. It
 * suits what must never last longer here than others believe, and may be ahead of the time that has passed.
 */
export function hastyClock(
  machine: Pick<Clock, "now"> = systemClock,
  steady: Pick<Clock, "now"> = steadyClock,
): Pick<Clock, "now"> {
  let lead = machine.now() - steady.now();
  let jumpedMs = 0;
  return {
    now() {
      const passed = steady.now();
      const ahead = machine.now() - passed - lead;
      lead += ahead;
      if (ahead > JUMP_MS) jumpedMs += ahead;
      return passed + jumpedMs;
    },
  };
}

/**
 * How long to wait after the n-th failure in a row (n from 0): 0.2 s doubling to 10 s, less a random part of up to half,
 * so that many clients do not return together.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(10_000, 200 * 2 ** Math.min(failures, 20));
  return full * (1 - random() / 2);
}
