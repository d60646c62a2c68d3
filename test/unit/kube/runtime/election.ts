import type { Deadline } from "../../../../kube/client/fence.ts";
import { type LeadOptions, lead } from "../../../../kube/runtime/leader-election.ts";
import type { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";
import type { Line, MemoryApi } from "../../../support/memory.ts";

/** One process that stands for election. */
export interface Contender {
  readonly identity: string;
  readonly line: Line;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** What leads, and until when it may write. */
export class Throne {
  readonly leaders = new Map<string, Deadline>();
  /** Every leader in turn, and when it began and stopped, in ms. */
  readonly history: { readonly identity: string; readonly from: number; to?: number }[] = [];
  /** The most leaders that there were at one time, and the most that might have written. */
  most = { leaders: 0, writers: 0 };
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async lead(identity: string, signal: AbortSignal, until: Deadline): Promise<void> {
    const term: { identity: string; from: number; to?: number } = { identity, from: this.#clock.now() };
    this.leaders.set(identity, until);
    this.history.push(term);
    this.count();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.leaders.delete(identity);
    term.to = this.#clock.now();
  }

  count(): void {
    const writers = [...this.leaders.values()].filter((until) => this.#clock.now() < until()).length;
    this.most = {
      leaders: Math.max(this.most.leaders, this.leaders.size),
      writers: Math.max(this.most.writers, writers),
    };
  }
}

/** The cluster of an election. */
interface Election {
  readonly api: MemoryApi;
  /** Moves without corrections, as a steady and a hasty clock do. */
  readonly clock: FakeClock;
  readonly throne: Throne;
}

/** Starts a process that stands for election. */
export function contend(
  { api, clock, throne }: Election,
  identity: string,
  more: Partial<LeadOptions & Line> = {},
): Contender {
  const line: Line = { cut: false, requests: [], ...more };
  const stop = new AbortController();
  const done = lead({
    kube: api.connect(line),
    namespace: "serin-system",
    name: "serin",
    identity,
    clock,
    steady: clock,
    hasty: clock,
    signal: stop.signal,
    log: noLog,
    onLead: (signal, until) => throne.lead(identity, signal, until),
    ...more,
  });
  done.catch(() => {});
  return { identity, line, stop, done };
}
