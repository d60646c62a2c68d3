/** Who wants a slot. */
export interface Claim {
  /** UID of the Deployment. */
  readonly uid: string;
  readonly namespace: string;
}

/** How many may have a slot at the same time. */
export interface SlotLimits {
  readonly all: number;
  readonly namespace: number;
  readonly deployment: number;
}

/** Runs at most so many works at the same time, in the order in which they came, but passes over whose share is taken. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #running = new Map<string, number>();
  readonly #waiting: Turn[] = [];

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Does the work as soon as there is a slot. Throws what it throws. */
  async run<T>({ uid, namespace }: Claim, work: () => Promise<T>): Promise<T> {
    const { all, namespace: perNamespace, deployment } = this.#limits;
    const keys = [
      { key: "all", most: all },
      { key: `namespace ${namespace}`, most: perNamespace },
      { key: `deployment ${uid}`, most: deployment },
    ];
    const turn = Promise.withResolvers<void>();
    this.#waiting.push({ keys, start: turn.resolve });
    this.#next();
    await turn.promise;
    try {
      return await work();
    } finally {
      this.#count(keys, -1);
      this.#next();
    }
  }

  #next(): void {
    for (let i = 0; i < this.#waiting.length && this.#of("all") < this.#limits.all; ) {
      const { keys, start } = this.#waiting[i] as Turn;
      if (keys.some(({ key, most }) => this.#of(key) >= most)) {
        i += 1;
        continue;
      }
      this.#waiting.splice(i, 1);
      this.#count(keys, 1);
      start();
    }
  }

  #of(key: string): number {
    return this.#running.get(key) ?? 0;
  }

  #count(keys: readonly Limited[], by: number): void {
    for (const { key } of keys) {
      const count = this.#of(key) + by;
      if (count === 0) this.#running.delete(key);
      else this.#running.set(key, count);
    }
  }
}

interface Turn {
  readonly keys: readonly Limited[];
  readonly start: () => void;
}

interface Limited {
  readonly key: string;
  readonly most: number;
}
