import { pauseAfter } from "../client/errors.ts";
import type { Clock } from "../core/clock.ts";

/** Handles one key. Returns the time (ms) after which to handle it again, if any. The queue retries after an error. */
export type Work = (key: string) => Promise<number | undefined>;

/** The options of a queue. */
export interface QueueOptions {
  /** The namespace of a key. It must depend on the key alone. */
  readonly namespaceOf: (key: string) => string;
  /** Called at every failure, before the retry. */
  readonly onError: (key: string, error: unknown, retryInMs: number) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when the work on a key begins, with the time (ms) for which the key had waited. */
  readonly onBegin?: (waitedMs: number) => void;
  /** The most keys at the same time; 8. */
  readonly parallel?: number;
  /**
   * How long (ms) a key rests after its work; 0. Changes come in bursts, such as one of a Deployment and those of its
   * ReplicaSets, and each work looks at all of them.
   */
  readonly restMs?: number;
}

/**
 * A queue of keys, not of events. A key that waits is in the queue once, however often it is added. A key that is added
 * during its work comes again afterwards. The queue never works on one key twice at the same time.
 *
 * The next key is one of the namespace with the fewest keys at work; equal namespaces take turns. So each of two namespaces
 * gets half of the workers if it needs them, however many keys the other one has and however slow they are. Work that has
 * begun goes on to its end.
 */
export class Queue {
  readonly #options: QueueOptions & { parallel: number; restMs: number };
  /** Namespace → its keys, each with the instant (ms) from which it waits. The namespace whose turn is longest ago comes first. */
  readonly #waiting = new Map<string, Map<string, number>>();
  /** Key → when its work began, in ms since the epoch. */
  readonly #running = new Map<string, number>();
  readonly #resting = new Set<string>();
  /** Key → when it comes back, in ms since the epoch. */
  readonly #returns = new Map<string, number>();
  /** When the queue looks for keys that come back. Each was the earliest when it was set, so the last one is. */
  readonly #alarms: number[] = [];
  readonly #failures = new Map<string, { count: number; until: number }>();
  #idle = Promise.withResolvers<void>();
  #work: Work | undefined;

  constructor(options: QueueOptions) {
    this.#options = { parallel: 8, restMs: 0, ...options };
  }

  /** Begins, with the keys that wait already. */
  start(work: Work): void {
    this.#work = work;
    this.#next();
  }

  /** Adds a key. After a failure, the key waits for its retry. */
  add(key: string): void {
    if (this.#heldUntil(key) > this.#options.clock.now()) {
      this.addAfter(key, 0);
      return;
    }
    const namespace = this.#options.namespaceOf(key);
    const keys = this.#waiting.get(namespace) ?? new Map<string, number>();
    this.#waiting.set(namespace, keys);
    if (!keys.has(key)) keys.set(key, this.#options.clock.now());
    this.#next();
  }

  /** Adds a key after this time. Of several times for one key, the earliest counts. */
  addAfter(key: string, wantedMs: number): void {
    const now = this.#options.clock.now();
    const at = Math.max(now + wantedMs, this.#heldUntil(key));
    // False for NaN as well: such a key comes back with its next change only.
    if (!(at < (this.#returns.get(key) ?? Number.POSITIVE_INFINITY))) return;
    this.#returns.set(key, at);
    this.#setAlarm(at, now);
  }

  /** Sleeps for all keys together: a timer that can be cancelled takes 10 KiB, and each rollout in flight has a key. */
  #setAlarm(at: number, now: number): void {
    if ((this.#alarms.at(-1) ?? Number.POSITIVE_INFINITY) <= at) return;
    this.#alarms.push(at);
    const { clock, signal } = this.#options;
    void clock.sleep(at - now, signal).then(
      () => this.#bringBack(at),
      () => {},
    );
  }

  #bringBack(alarm: number): void {
    this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
    // The clock may have been set back meanwhile.
    const now = Math.max(alarm, this.#options.clock.now());
    const due = [...this.#returns].filter(([, at]) => at <= now);
    for (const [key] of due) this.#returns.delete(key);
    for (const [key] of due) this.add(key);
    const first = this.#returns.values().reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    this.#setAlarm(first, now);
  }

  /** Resolves when all running work has ended. Call it after the abort, when no work begins any more. */
  async ended(): Promise<void> {
    if (this.#running.size > 0) await this.#idle.promise;
  }

  /** How long (ms) the longest work has run that runs now; 0 if none runs. */
  longestMs(): number {
    const now = this.#options.clock.now();
    return Math.max(0, ...[...this.#running.values()].map((began) => now - began));
  }

  /** The number of keys that wait for their turn. */
  depth(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #heldUntil(key: string): number {
    return this.#failures.get(key)?.until ?? Number.NEGATIVE_INFINITY;
  }

  #next(): void {
    const work = this.#work;
    if (work === undefined || this.#options.signal.aborted) return;
    while (this.#running.size < this.#options.parallel) {
      const key = this.#choose();
      if (key === undefined) return;
      this.#take(key);
      this.#running.set(key, this.#options.clock.now());
      void this.#run(key, work);
    }
  }

  #choose(): string | undefined {
    const { namespaceOf } = this.#options;
    const atWork = new Map<string, number>();
    for (const key of this.#running.keys())
      atWork.set(namespaceOf(key), (atWork.get(namespaceOf(key)) ?? 0) + 1);
    let chosen: { key: string; others: number } | undefined;
    for (const [namespace, keys] of this.#waiting) {
      const others = atWork.get(namespace) ?? 0;
      if (chosen !== undefined && chosen.others <= others) continue;
      const key = keys.keys().find((one) => !this.#running.has(one) && !this.#resting.has(one));
      if (key !== undefined) chosen = { key, others };
      if (chosen?.others === 0) break;
    }
    return chosen?.key;
  }

  /** The key waits no longer, and the other namespaces come first. */
  #take(key: string): void {
    const namespace = this.#options.namespaceOf(key);
    const keys = this.#waiting.get(namespace);
    const since = keys?.get(key) ?? this.#options.clock.now();
    this.#options.onBegin?.(this.#options.clock.now() - since);
    keys?.delete(key);
    this.#waiting.delete(namespace);
    if (keys !== undefined && keys.size > 0) this.#waiting.set(namespace, keys);
  }

  async #run(key: string, work: Work): Promise<void> {
    try {
      const again = await work(key);
      this.#failures.delete(key);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      const { clock } = this.#options;
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const retryInMs = pauseAfter(error, count - 1);
      this.#failures.set(key, { count, until: clock.now() + retryInMs });
      // If the key was added meanwhile, it waits for the retry as well.
      this.#waiting.get(this.#options.namespaceOf(key))?.delete(key);
      if (!this.#options.signal.aborted) this.#options.onError(key, error, retryInMs);
      this.addAfter(key, retryInMs);
    } finally {
      this.#running.delete(key);
      this.#rest(key);
      this.#next();
      if (this.#running.size === 0) {
        this.#idle.resolve();
        this.#idle = Promise.withResolvers();
      }
    }
  }

  #rest(key: string): void {
    const { clock, signal, restMs } = this.#options;
    if (restMs === 0) return;
    this.#resting.add(key);
    void clock.sleep(restMs, signal).then(
      () => {
        this.#resting.delete(key);
        this.#next();
      },
      () => {},
    );
  }
}
