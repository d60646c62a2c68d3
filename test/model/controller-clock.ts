import type { Times } from "../../rollout/cleanup/lost-shares.ts";

/** The clock of the controller that leads. */
export class ControllerClock {
  /** How far (ms) the clocks of the controllers that lead in turn are ahead of the cluster's. */
  turns: readonly number[] = [0];
  readonly #cluster: { readonly now: number };
  #turn = 0;
  #ledSince: number;

  constructor(cluster: { readonly now: number }) {
    this.#cluster = cluster;
    this.#ledSince = cluster.now;
  }

  get now(): number {
    return this.#cluster.now + (this.turns[this.#turn % this.turns.length] ?? 0);
  }

  /** What a decision knows of the time. */
  get times(): Times {
    return { now: this.now, ledSince: this.#ledSince };
  }

  /** The next controller leads from now on, unless there is but one. */
  next(): void {
    if (this.turns.length === 1) return;
    this.#turn += 1;
    this.#ledSince = this.now;
  }
}
