import { pauseAfter } from "../../kube/client/errors.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Write } from "../../kube/core/writes.ts";
import type { SentEvents } from "./perform.ts";

/** The last try at some writes for one key. */
interface Attempt {
  /** The content of the writes, without instants and versions. */
  readonly content: string;
  /** The objects of the writes. */
  readonly targets: string;
  /** The number of tries in a row. */
  readonly tries: number;
  readonly failed: boolean;
  /** The earliest next try, in ms since the epoch. */
  readonly until: number;
  /** Serin records each once for all tries. */
  readonly sent: SentEvents;
}

/**
 * Delays the same writes in a row (0.2 s doubling to 10 s, or the server's own time): they may fail, have no effect, or be
 * newer than the caches. Other writes go at once.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #last = new Map<string, Attempt>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long to wait before these writes are tried (again), in ms. */
  waitMs(key: string, writes: readonly Write[]): number {
    return Math.max(0, (this.#same(key, writes)?.until ?? 0) - this.#clock.now());
  }

  /** The Events that earlier tries have sent. The caller may add more. */
  sentOf(key: string, writes: readonly Write[]): SentEvents {
    return this.#same(key, writes)?.sent ?? new Map();
  }

  /** Notes a try and its error, if any. Returns the number of tries in a row. */
  note(key: string, writes: readonly Write[], sent: SentEvents, error?: unknown): number {
    const tries = (this.#same(key, writes)?.tries ?? 0) + 1;
    this.#last.set(key, {
      content: contentOf(writes),
      targets: targetsOf(writes),
      tries,
      failed: error !== undefined,
      until: this.#clock.now() + pauseAfter(error, tries - 1),
      sent,
    });
    return tries;
  }

  /** Forgets the tries for that key. */
  forget(key: string): void {
    this.#last.delete(key);
  }

  /** Failed writes are the same if their objects are, because their numbers may change with every snapshot. */
  #same(key: string, writes: readonly Write[]): Attempt | undefined {
    const last = this.#last.get(key);
    if (last === undefined) return undefined;
    const isSame = last.failed ? last.targets === targetsOf(writes) : last.content === contentOf(writes);
    return isSame ? last : undefined;
  }
}

function targetsOf(writes: readonly Write[]): string {
  const targets = writes.map((write) => {
    if (write.verb === "event") return `event ${write.reason}`;
    const subresource = "subresource" in write ? (write.subresource ?? "") : "";
    return [write.verb, write.kind, subresource, write.namespace, write.name].join(" ");
  });
  return targets.join("\n");
}

function contentOf(writes: readonly Write[]): string {
  const shown = writes.map((write) => (write.verb === "event" ? [write.verb, write.reason] : write));
  return JSON.stringify(shown)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "")
    .replaceAll(/"resourceVersion":"\d+"/g, "");
}
