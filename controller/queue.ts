import { backoffMs, type Clock } from "../kube/clock.ts";

/** Handles one key; returns after how many ms to look at it again, if at all. What it throws is retried. */
export type Work = (key: string) => Promise<number | undefined>;

/** What a queue needs. */
export interface QueueOptions {
  readonly work: Work;
  /** Told of every failure, before it is retried. */
  readonly onError: (key: string, error: unknown, retryInMs: number) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How many keys are worked on at the same time; 8. */
  readonly parallel?: number;
}

/**
 * A queue of keys, not of events: a key that is added while it waits is there once, one that is added while it is worked on
 * comes again afterwards, and never is a key worked on twice at the same time.
 */
export class Queue {
  readonly #options: QueueOptions & { parallel: number };
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #timers = new Map<string, { at: number; cancel: AbortController }>();
  readonly #failures = new Map<string, number>();

  constructor(options: QueueOptions) {
    this.#options = { parallel: 8, ...options };
  }

  /** The key is worked on as soon as there is a place. */
  add(key: string): void {
    this.#waiting.add(key);
    this.#next();
  }

  /** The key is added after so many ms; of several such wishes the earliest counts. */
  addAfter(key: string, ms: number): void {
    const { clock, signal } = this.#options;
    const at = clock.now() + ms;
    const present = this.#timers.get(key);
    if (present !== undefined && present.at <= at) return;
    present?.cancel.abort();
    const cancel = new AbortController();
    this.#timers.set(key, { at, cancel });
    void clock.sleep(ms, AbortSignal.any([signal, cancel.signal])).then(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      () => {},
    );
  }

  #next(): void {
    if (this.#options.signal.aborted) return;
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.parallel) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      const again = await this.#options.work(key);
      this.#failures.delete(key);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      const retryInMs = backoffMs(failures);
      if (!this.#options.signal.aborted) this.#options.onError(key, error, retryInMs);
      this.addAfter(key, retryInMs);
    } finally {
      this.#running.delete(key);
      this.#next();
    }
  }
}
