import { ApiError } from "../../kube/client/errors.ts";
import { backoffMs, type Clock } from "../../kube/core/clock.ts";
import type { Write } from "../../kube/core/writes.ts";

/** The last try at some writes for one key. */
interface Attempt {
  /** What was written, without instants and versions. */
  readonly content: string;
  /** What was written to. */
  readonly targets: string;
  /** How often in a row. */
  readonly tries: number;
  readonly failed: boolean;
  /** Not again before, ms since the epoch. */
  readonly until: number;
  /** Reasons of the Events that are recorded: once for all tries. */
  readonly told: Set<string>;
}

/**
 * Keeps the same writes from being tried too often in a row (0.2 s doubling to 10 s, or what the server asks for), because
 * they fail, because they have no effect, or because the caches have not caught up with them. Other writes go at once.
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

  /** The Events that earlier tries at these writes have recorded; more may be added. */
  toldOf(key: string, writes: readonly Write[]): Set<string> {
    return this.#same(key, writes)?.told ?? new Set();
  }

  /** Notes a try and what came of it; returns how many there were in a row. */
  note(key: string, writes: readonly Write[], told: Set<string>, error?: unknown): number {
    const tries = (this.#same(key, writes)?.tries ?? 0) + 1;
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    this.#last.set(key, {
      content: contentOf(writes),
      targets: targetsOf(writes),
      tries,
      failed: error !== undefined,
      until: this.#clock.now() + Math.max(asked, backoffMs(tries - 1)),
      told,
    });
    return tries;
  }

  /** Nothing is wanted for that key any more. */
  forget(key: string): void {
    this.#last.delete(key);
  }

  /** What failed is the same as long as it is about the same objects: its numbers may change with every look. */
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
