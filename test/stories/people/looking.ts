import { setTimeout as timer } from "node:timers/promises";
import { createParser } from "eventsource-parser";
import type { RolloutChanges } from "../../../dashboard/api.ts";
import type { RolloutView } from "../../../rollout/view/view.ts";

/** A person who looks at the dashboard: reads its answers, and follows its stream as the page does. */
export class Looking {
  /** What the list shows now, by `namespace/name`. */
  readonly shown = new Map<string, RolloutView>();
  /** Every view that the stream has sent, in order. */
  readonly seen: RolloutView[] = [];
  /** The events of each connection. */
  readonly connections: RolloutChanges[][] = [];
  readonly #urlOf: () => Promise<string>;
  readonly #headers: Record<string, string>;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();

  constructor(urlOf: () => Promise<string>, headers: Record<string, string>) {
    this.#urlOf = urlOf;
    this.#headers = headers;
    void this.#follow();
  }

  /** The JSON of an answer; throws if it is not 200. */
  async read<T>(path: string): Promise<T> {
    const answer = await fetch(`${await this.#urlOf()}/${path}`, { headers: this.#headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async status(path: string): Promise<number> {
    return (await fetch(`${await this.#urlOf()}/${path}`, { headers: this.#headers })).status;
  }

  /** Waits until a condition holds, and tests it at every event of the stream. */
  async until(what: string, holds: () => unknown, withinMs = 60_000): Promise<void> {
    if (holds()) return;
    const done = Promise.withResolvers<void>();
    const look = () => holds() && done.resolve();
    this.#listeners.add(look);
    const tell = () => done.reject(new Error(`${what}: not within ${withinMs} ms; shown: ${this.#states()}`));
    const deadline = setTimeout(tell, withinMs);
    await done.promise.finally(() => {
      clearTimeout(deadline);
      this.#listeners.delete(look);
    });
  }

  close(): void {
    this.#stop.abort();
  }

  #states(): string {
    return [...this.shown]
      .map(([key, { state, traffic }]) => `${key} ${state} ${traffic.canary} %`)
      .join(", ");
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#connection().catch(() => {});
      await timer(200, undefined, { signal }).catch(() => {});
    }
  }

  async #connection(): Promise<void> {
    const { signal } = this.#stop;
    const answer = await fetch(`${await this.#urlOf()}/api/stream`, { headers: this.#headers, signal });
    if (!answer.ok || answer.body === null) return;
    const events: RolloutChanges[] = [];
    this.connections.push(events);
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event !== "rollouts") return;
        const changes = JSON.parse(data) as RolloutChanges;
        events.push(changes);
        this.#take(changes);
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of answer.body) parser.feed(decoder.decode(chunk, { stream: true }));
  }

  #take({ all, changed, gone }: RolloutChanges): void {
    if (all) this.shown.clear();
    for (const key of gone) this.shown.delete(key);
    for (const view of changed) {
      this.shown.set(`${view.metadata.namespace}/${view.metadata.name}`, view);
      this.seen.push(view);
    }
    for (const listener of this.#listeners) listener();
  }
}
