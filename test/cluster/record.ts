/**
 * One request of a load: its start (ms since the epoch), its status (HTTP status, or 0 without an answer; the code of a
 * gRPC call), and the version and pod that answered.
 */
export interface Row {
  readonly at: number;
  readonly status: number;
  readonly version: string;
  readonly pod: string;
  readonly latencyMs: number;
}

/** A summary of the requests in a period. */
export interface Summary {
  readonly total: number;
  /** Requests without an answer or with a status outside 2xx; gRPC calls with a code other than OK. */
  readonly failed: number;
  /** Requests by the version that answered; answers of the gateway itself and missing answers are under "". */
  readonly byVersion: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
}

/** Whether a request with that status was answered well. */
export type IsGood = (status: number) => boolean;

/** Rows in columns of numbers, about 20 bytes each, so that an hour of load fits in memory. */
export class Recording {
  readonly #isGood: IsGood;
  #length = 0;
  #at = new Float64Array(4096);
  #latency = new Float32Array(4096);
  #status = new Uint16Array(4096);
  #version = new Uint16Array(4096);
  #pod = new Uint16Array(4096);
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(isGood: IsGood = (status) => status >= 200 && status <= 299) {
    this.#isGood = isGood;
  }

  /** Adds a row, in any order of time. */
  add({ at, status, version, pod, latencyMs }: Row): void {
    if (this.#length === this.#at.length) this.#grow();
    const index = this.#length++;
    this.#at[index] = at;
    this.#latency[index] = latencyMs;
    this.#status[index] = status;
    this.#version[index] = this.#numberOf(version);
    this.#pod[index] = this.#numberOf(pod);
  }

  /** The rows that started in [from, to), in the order in which they ended. */
  *rows(from = 0, to = Number.POSITIVE_INFINITY): Generator<Row> {
    for (let index = 0; index < this.#length; index++) {
      const at = this.#at[index] ?? 0;
      if (at < from || at >= to) continue;
      yield {
        at,
        status: this.#status[index] ?? 0,
        version: this.#names[this.#version[index] ?? 0] ?? "",
        pod: this.#names[this.#pod[index] ?? 0] ?? "",
        latencyMs: this.#latency[index] ?? 0,
      };
    }
  }

  /** Counts the rows that started in [from, to). */
  summary(from?: number, to?: number): Summary {
    const byVersion: Record<string, number> = {};
    const byStatus: Record<string, number> = {};
    let total = 0;
    let failed = 0;
    for (const { status, version } of this.rows(from, to)) {
      total++;
      if (!this.#isGood(status)) failed++;
      byVersion[version] = (byVersion[version] ?? 0) + 1;
      byStatus[status] = (byStatus[status] ?? 0) + 1;
    }
    return { total, failed, byVersion, byStatus };
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  #grow(): void {
    const grown = <T extends { set(from: T): void }>(column: T, next: T): T => {
      next.set(column);
      return next;
    };
    const size = this.#length * 2;
    this.#at = grown(this.#at, new Float64Array(size));
    this.#latency = grown(this.#latency, new Float32Array(size));
    this.#status = grown(this.#status, new Uint16Array(size));
    this.#version = grown(this.#version, new Uint16Array(size));
    this.#pod = grown(this.#pod, new Uint16Array(size));
  }
}
