import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

/** What compares the clock of this machine with the API server's. */
export interface ServerClockOptions {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** The longest difference (ms) that the program allows for. */
  readonly mostMs: number;
}

/** How often (ms) to say it: of several API servers, one may be right. */
const AGAIN_MS = 3_600_000;

/**
 * Logs, at most once an hour, that the clock of this machine differs from the API server's by more than the program allows for.
 * Each answer of the API server carries its time.
 */
export class ServerClock {
  readonly #options: ServerClockOptions;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(options: ServerClockOptions) {
    this.#options = options;
  }

  /** Begins a request. The function that it returns takes the header Date of the answer. */
  ask(): (date: string | undefined) => void {
    const { clock, log, mostMs } = this.#options;
    const sentAt = clock.now();
    return (date = "") => {
      const from = Date.parse(date);
      if (Number.isNaN(from)) return;
      // The API server wrote its whole seconds at some time between the request and the answer.
      const aheadMs = sentAt - (from + 999);
      const behindMs = from - clock.now();
      if (Math.max(aheadMs, behindMs) <= mostMs || clock.now() - this.#saidAt < AGAIN_MS) return;
      this.#saidAt = clock.now();
      log.error(
        aheadMs > 0 ? { aheadMs } : { behindMs },
        "the clock of this node differs from the API server's: deadlines and intervals of rollouts are off by as much",
      );
    };
  }
}
