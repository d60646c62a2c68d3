import pLimit, { type LimitFunction } from "p-limit";

/** The Deployment that a call is for. */
export interface Caller {
  /** UID of the Deployment. */
  readonly uid: string;
  readonly namespace: string;
}

/** The most calls at the same time: of all, of one namespace, and of one Deployment. */
export interface Limits {
  readonly all: number;
  readonly namespace: number;
  readonly deployment: number;
}

/**
 * Limits the calls that run at the same time. A call waits within its Deployment first, then within its namespace,
 * then among all, so a Deployment that waits for its own calls takes no place from another one.
 */
export class CallLimits {
  readonly #limits: Limits;
  readonly #all: LimitFunction;
  readonly #byKey = new Map<string, LimitFunction>();

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#all = pLimit(limits.all);
  }

  /** Calls `work` as soon as the limits allow it. Throws what `work` throws. */
  run<T>({ uid, namespace }: Caller, work: () => Promise<T>): Promise<T> {
    return this.#within(`deployment ${uid}`, this.#limits.deployment, () =>
      this.#within(`namespace ${namespace}`, this.#limits.namespace, () => this.#all(work)),
    );
  }

  async #within<T>(key: string, most: number, work: () => Promise<T>): Promise<T> {
    const limit = this.#byKey.get(key) ?? pLimit(most);
    this.#byKey.set(key, limit);
    try {
      return await limit(work);
    } finally {
      // An idle limit is dropped: Deployments come and go.
      if (limit.activeCount + limit.pendingCount === 0) this.#byKey.delete(key);
    }
  }
}
