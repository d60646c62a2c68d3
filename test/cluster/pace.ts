/** A steady rate of turns. */
export interface Pace {
  /** Begins no more turns and waits for the pending ones. */
  stop(): Promise<void>;
}

/**
 * Begins a turn `rps` times a second, independent of how long each takes (open loop). `turn` gets its number, from 0, and
 * must not reject. A late timer begins all missed turns at once, so the rate holds on average.
 */
export function startPace(rps: number, turn: (index: number) => Promise<void>): Pace {
  const due = new Set<Promise<void>>();
  const started = performance.now();
  let begun = 0;
  const timer = setInterval(
    () => {
      for (const target = ((performance.now() - started) * rps) / 1_000; begun < target; begun++) {
        const taken = turn(begun).finally(() => due.delete(taken));
        due.add(taken);
      }
    },
    Math.max(1, Math.min(5, 500 / rps)),
  );
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(due);
    },
  };
}
