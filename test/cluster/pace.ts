/** The rate (turns per second) of a load while its requests are counted. Two cores with two clusters serve it easily. */
export const COUNTING_RPS = 1_000;

/** A steady rate of turns. */
export interface Pace {
  /** Goes on at another rate, in turns per second. */
  at(rps: number): void;
  /** Begins no more turns and waits for the pending ones. */
  stop(): Promise<void>;
}

/**
 * Begins a turn `rps` times a second, independent of how long each takes (open loop). `turn` gets its number, from 0, and
 * must not reject. A late timer begins all missed turns at once, so the rate holds on average.
 */
export function startPace(rps: number, turn: (index: number) => Promise<void>): Pace {
  const due = new Set<Promise<void>>();
  let rate = { rps, since: performance.now(), begun: 0 };
  let begun = 0;
  const timer = setInterval(
    () => {
      const target = rate.begun + ((performance.now() - rate.since) * rate.rps) / 1_000;
      for (; begun < target; begun++) {
        const taken = turn(begun).finally(() => due.delete(taken));
        due.add(taken);
      }
    },
    Math.max(1, Math.min(5, 500 / rps)),
  );
  return {
    at(next) {
      rate = { rps: next, since: performance.now(), begun };
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(due);
    },
  };
}
