import pLimit, { type LimitFunction } from "p-limit";

/** How many requests may hold routes and other objects in memory at once, and how many of one namespace. */
const AT_ONCE = 4;
const OF_ONE_NAMESPACE = 2;

/** The work of a namespace that waits or runs. */
interface Lane {
  readonly limit: LimitFunction;
  works: number;
}

/** Does work in turn, so that many requests of one namespace do not keep the other namespaces waiting. */
export class Lanes {
  readonly #all = pLimit(AT_ONCE);
  readonly #lanes = new Map<string, Lane>();

  /** Does the work when it is its turn, and returns its result. */
  async run<T>(namespace: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(namespace) ?? { limit: pLimit(OF_ONE_NAMESPACE), works: 0 };
    this.#lanes.set(namespace, lane);
    lane.works += 1;
    try {
      return await lane.limit(() => this.#all(work));
    } finally {
      lane.works -= 1;
      if (lane.works === 0) this.#lanes.delete(namespace);
    }
  }
}
