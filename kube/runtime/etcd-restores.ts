import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

/** The copies notice a restore one after the other, each with its next list, and those of other processes as well. */
const TOGETHER_MS = 60_000;

/** When etcd was last restored from a backup, as the copies of this process have noticed. */
export class EtcdRestores {
  readonly #clock: Clock;
  readonly #log: Log;
  #at: number | undefined;
  #next = new AbortController();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** When (ms since the epoch) the first copy noticed it; undefined: none has. */
  get at(): number | undefined {
    return this.#at;
  }

  /** Whether it was this restore, or a later one, that another process noticed at that instant (ms since the epoch). */
  includes(at: number): boolean {
    return this.#at !== undefined && this.#at - at < TOGETHER_MS;
  }

  /** Notes that a copy has noticed a restore. */
  note(): void {
    const now = this.#clock.now();
    if (this.#at !== undefined && now - this.#at < TOGETHER_MS) return;
    this.#at = now;
    this.#log.warn({}, "etcd was restored from a backup: canaries are judged from now on");
    const noted = this.#next;
    this.#next = new AbortController();
    noted.abort(new Error("etcd was restored from a backup"));
  }

  /**
   * Works until the signal aborts, and begins anew at each restore: what the work remembers has not happened, and each of its
   * copies lists again at another moment.
   */
  async outlive(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    do await work(AbortSignal.any([signal, this.#next.signal]));
    while (!signal.aborted);
  }
}
