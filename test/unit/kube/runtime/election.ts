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

/** What leads, and whether it may write. */
export class Throne {
  readonly leaders = new Map<string, () => boolean>();
  /** Every leader in turn, and when it began and stopped, in ms. */
  readonly history: { readonly identity: string; readonly from: number; to?: number }[] = [];
  /** The most leaders that there were at one time, and the most that might have written. */
  most = { leaders: 0, writers: 0 };
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async lead(identity: string, signal: AbortSignal, mayWrite: () => boolean): Promise<void> {
    const term: { identity: string; from: number; to?: number } = { identity, from: this.#clock.now() };
    this.leaders.set(identity, mayWrite);
    this.history.push(term);
    this.count();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.leaders.delete(identity);
    term.to = this.#clock.now();
  }

  count(): void {
    const writers = [...this.leaders.values()].filter((mayWrite) => mayWrite()).length;
    this.most = {
      leaders: Math.max(this.most.leaders, this.leaders.size),
      writers: Math.max(this.most.writers, writers),
    };
  }
}

/** The cluster of an election. */
interface Election {
  readonly api: MemoryApi;
  /** Moves without corrections, as a steady clock does, and a hasty one whose machine is neither set nor suspended. */
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
  const hasty = more.hasty ?? clock;
  const done = lead({
    kube: api.connect(line),
    namespace: "serin-system",
    name: "serin",
    identity,
    clock,
    steady: clock,
    hasty,
    signal: stop.signal,
    log: noLog,
    onLead: (signal, until) => throne.lead(identity, signal, () => hasty.now() < until()),
    ...more,
  });
  done.catch(() => {});
  return { identity, line, stop, done };
}
