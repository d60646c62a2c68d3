import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../kube/core/clock.ts";

/** The parts of accepted paths, and how to read the configuration. */
export interface AcceptedOptions {
  readonly clock: Clock;
  /** How long (ms) a token stays accepted after the configuration has lost it. API servers follow within this time. */
  readonly settleMs: number;
  /** The tokens that the configuration has now, read from the API server. */
  readonly read: () => Promise<ReadonlySet<string>>;
}

/** The time (ms) between two reads of the configuration for requests with an unknown token. */
const READ_MS = 1_000;

/**
 * The tokens that the webhook accepts: those of the Secret, those that the configuration has, and those that it had within
 * the settle time. So a request of the API server is never refused, also while replicas learn a new token one by one.
 *
 * The plain path needs no secret. It is open only while the configuration has it, and for the settle time after that.
 * Only an administrator can open it, by applying deploy/webhook.yaml; a caller cannot, because no request changes the
 * configuration. Serin puts the token back at once, so the path closes one settle time after the apply. While a pod of an
 * older version runs, it stays open: that pod serves nothing else.
 */
export class Accepted {
  readonly #options: AcceptedOptions;
  #stored: readonly string[] = [];
  #configured: ReadonlySet<string> = new Set();
  /** Token → until when (ms since the epoch) it is accepted. */
  readonly #until = new Map<string, number>();
  #reading: Promise<void> | undefined;
  #readAt = 0;

  constructor(options: AcceptedOptions) {
    this.#options = options;
  }

  /** Replaces the tokens of the Secret. */
  store(tokens: readonly string[]): void {
    this.#stored = tokens;
  }

  /** Replaces the tokens of the configuration. Those that it had stay accepted for the settle time. */
  configure(tokens: ReadonlySet<string>): void {
    this.settle(this.#configured);
    this.#configured = tokens;
  }

  /** Accepts tokens for the settle time from now on. */
  settle(tokens: Iterable<string>): void {
    const now = this.#options.clock.now();
    for (const [token, until] of this.#until) if (until <= now) this.#until.delete(token);
    for (const token of tokens) this.#until.set(token, now + this.#options.settleMs);
  }

  /**
   * Whether a request with this token may come from the API server. Before it says no, it waits for a read of the
   * configuration that began after the call. Calls share a read, and there is at most one read a second, so an attacker
   * cannot make Serin read more. Throws the error of the read.
   */
  async accepts(token: string): Promise<boolean> {
    if (this.#has(token)) return true;
    this.#reading ??= this.#readOnce();
    await this.#reading;
    return this.#has(token);
  }

  async #readOnce(): Promise<void> {
    const { clock, read } = this.#options;
    try {
      await clock.sleep(Math.max(0, this.#readAt + READ_MS - clock.now()));
    } finally {
      // A later call needs a later read.
      this.#reading = undefined;
    }
    this.#readAt = clock.now();
    this.settle(await read());
  }

  /** Compares with every token, in a time that does not depend on their content. */
  #has(token: string): boolean {
    const now = this.#options.clock.now();
    const settling = [...this.#until].filter(([, until]) => now < until).map(([each]) => each);
    const given = digest(token);
    return [...this.#stored, ...this.#configured, ...settling]
      .map((each) => timingSafeEqual(digest(each), given))
      .includes(true);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
