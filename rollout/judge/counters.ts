import { isGrpcFailure } from "../gateways/metrics/grpc-status.ts";

/** The two versions that are compared. */
export type Arm = "canary" | "stable";

/** One raw counter as it stood at one instant; its value only grows until it restarts from zero. */
export interface Counter {
  readonly arm: Arm;
  /** All labels: what makes it the same counter at the next instant. */
  readonly series: string;
  /** The process that exports it. */
  readonly target: string;
  /** The exporter came with the canary: whatever it counted, it counted in this rollout. */
  readonly fresh: boolean;
  readonly value: number;
  /** Of a counter of requests: the answer's status or its class, or the name of gRPC's. */
  readonly code?: string;
  /** The pod that served, where the counter tells it. */
  readonly pod?: string | undefined;
  /** Of a latency bucket: its upper bound in seconds, Infinity for the last. */
  readonly le?: number;
}

/** What is remembered of the counters from one instant to the next. */
export interface Baseline {
  readonly values: ReadonlyMap<string, number>;
  readonly targets: ReadonlySet<string>;
}

/** What happened in one arm between two instants. */
export interface Counts {
  readonly total: number;
  /** Requests answered with a 5xx status, or with what gRPC has for it. */
  readonly failed: number;
  /** Status → requests. */
  readonly codes: Readonly<Record<string, number>>;
  /** Pod → failures, where the counters tell pods apart. */
  readonly pods: Readonly<Record<string, number>>;
  /** Upper bound in seconds → requests at most that slow, ascending, the last one +Inf. */
  readonly atMost: readonly (readonly [le: number, requests: number])[];
}

/** What happened in both, and which of them had any counter at all. */
export interface Increments {
  readonly counts: Readonly<Record<Arm, Counts>>;
  readonly present: Readonly<Record<Arm, boolean>>;
  readonly baseline: Baseline;
}

/**
 * The increments since the baseline, per counter, then summed: differences of sums would take a vanished series for a
 * restart of all. A counter that restarted counts from zero, one that is away adds nothing and is remembered. A new one on a
 * process that was there before counts whole (the first 503 has a label of its own), as does one of a process that came
 * with the canary; of any other process it is only remembered, for its value may be weeks old.
 */
export function incrementsSince(before: Baseline | undefined, counters: readonly Counter[]): Increments {
  const values = new Map(before?.values);
  const targets = new Set(before?.targets);
  const sums = { canary: new Sum(), stable: new Sum() };
  const present = { canary: false, stable: false };
  for (const counter of counters) {
    const { arm, series, target, value } = counter;
    present[arm] = true;
    if (before !== undefined) sums[arm].add(counter, increment(counter, before));
    values.set(series, value);
    targets.add(target);
  }
  return {
    counts: { canary: sums.canary.counts(), stable: sums.stable.counts() },
    present,
    baseline: { values, targets },
  };
}

function increment({ series, target, fresh, value }: Counter, before: Baseline): number {
  const previous = before.values.get(series);
  if (previous !== undefined) return value < previous ? value : value - previous;
  return fresh || before.targets.has(target) ? value : 0;
}

class Sum {
  readonly #codes: Record<string, number> = {};
  readonly #pods: Record<string, number> = {};
  readonly #atMost = new Map<number, number>();

  add({ code = "", pod, le }: Counter, added: number): void {
    if (le !== undefined) this.#atMost.set(le, (this.#atMost.get(le) ?? 0) + added);
    else if (added > 0) {
      this.#codes[code] = (this.#codes[code] ?? 0) + added;
      if (pod !== undefined && isFailure(code)) this.#pods[pod] = (this.#pods[pod] ?? 0) + added;
    }
  }

  counts(): Counts {
    const codes = Object.entries(this.#codes);
    const sum = (requests: typeof codes) => requests.reduce((all, [, count]) => all + count, 0);
    return {
      total: sum(codes),
      failed: sum(codes.filter(([code]) => isFailure(code))),
      codes: this.#codes,
      pods: this.#pods,
      atMost: [...this.#atMost].sort(([a], [b]) => a - b),
    };
  }
}

/** Whether an answer of this status, class of statuses, or name of gRPC's is the server's failure. */
export function isFailure(code: string): boolean {
  return code.startsWith("5") || isGrpcFailure(code);
}

/**
 * Requests slower than a limit in seconds: those above the first bucket bound that is not below it, since nothing finer is
 * in the data. Also returns how many requests the histogram holds.
 */
export function slowerThan(counts: Counts, seconds: number): { slow: number; total: number; bound: number } {
  const total = counts.atMost.at(-1)?.[1] ?? 0;
  const [bound, within] = counts.atMost.find(([le]) => le >= seconds) ?? [Number.POSITIVE_INFINITY, total];
  return { slow: Math.max(0, total - within), total, bound };
}
