/** The rate (turns per second) of a load while its requests are counted. Two cores with two clusters serve it. */
export const COUNTING_RPS = 1_000;

/**
 * Milliseconds between the batches in which turns begin. Each wake-up costs every process on the way more than a request
 * does: at 300 requests/s, batches of 25 ms instead of 5 ms took 0.34 of a core instead of 0.51 for the whole cluster.
 */
const BATCH_MS = 25;

/** A steady rate of turns. */
export interface Pace {
  /** Goes on at another rate, in turns per second. */
  at(rps: number): void;
  /** Begins the turns that are due until now and no more, and waits for the pending ones. */
  stop(): Promise<void>;
}

/**
 * Begins a turn `rps` times a second, independent of how long each takes (open loop). `turn` gets its number, from 0, and
 * must not reject. The turns of a batch, `most` of them, begin at once, and so do those that a late timer missed; the rate
 * holds on average.
 */
export function startPace(
  rps: number,
  turn: (index: number) => Promise<void>,
  most: number = Number.POSITIVE_INFINITY,
): Pace {
  const due = new Set<Promise<void>>();
  let rate = { rps, since: performance.now(), begun: 0 };
  let begun = 0;
  let isStopped = false;
  const beginDue = () => {
    const target = rate.begun + ((performance.now() - rate.since) * rate.rps) / 1_000;
    for (; begun < target; begun++) {
      const taken = turn(begun).finally(() => due.delete(taken));
      due.add(taken);
    }
  };
  const startTimer = () => setInterval(beginDue, Math.min(BATCH_MS, (1_000 * most) / rate.rps));
  let timer = startTimer();
  return {
    at(next) {
      beginDue();
      rate = { rps: next, since: performance.now(), begun };
      clearInterval(timer);
      timer = startTimer();
    },
    async stop() {
      // On a busy machine the timer may be half a second late, and a load that stops then would miss these turns.
      if (!isStopped) beginDue();
      isStopped = true;
      clearInterval(timer);
      await Promise.all(due);
    },
  };
}
