import type { GivenUpBounds } from "../gateways/metrics/given-up.ts";
import { isFailure, isRefusal } from "./answers.ts";
import { moreGivenUp, noneGivenUp, raise } from "./given-up.ts";
import { countOnce, type ProcessScrape, type ScrapeLags } from "./scrapes.ts";

/** The two versions that are compared. */
export type Arm = "canary" | "stable";

/** One raw counter at one instant. Its value only grows, until the counter restarts from zero. */
export interface Counter {
  readonly arm: Arm;
  /** All labels; they identify the counter at the next instant. */
  readonly series: string;
  /** The process that exports it. */
  readonly target: string;
  /** Absent: nothing says which counters another scrape of the same process repeats. */
  readonly scrape?: ProcessScrape;
  /** The exporter started with the canary, so its whole value belongs to this rollout. */
  readonly fresh: boolean;
  readonly value: number;
  /** Request counters only: the response's status, the class of the status, or the name of the gRPC status. */
  readonly code?: string;
  /** The pod that served, if the counter has a label for it. */
  readonly pod?: string | undefined;
  /** Latency buckets only: the upper bound in seconds, Infinity for the last. */
  readonly le?: number;
  /** Tries only, which are not counted themselves: what the process shows of requests without an answer. */
  readonly givenUp?: GivenUpBounds;
}

/** The counters of earlier instants, with which the next instant is compared. */
export interface Baseline {
  readonly values: ReadonlyMap<string, number>;
  /** The processes that had a counter, and the scrapes of them. */
  readonly targets: ReadonlySet<string>;
  /** Absent: no process had any counter yet. */
  readonly lags?: ScrapeLags;
  /** The series of tries → the highest bounds since its process started. */
  readonly givenUp?: ReadonlyMap<string, GivenUpBounds>;
}

/** The requests of one version between two instants. */
export interface Counts {
  readonly total: number;
  /** Requests answered with a 5xx status, or with a gRPC status that means the same. */
  readonly failed: number;
  /** Requests answered with a 4xx status, or with a gRPC status that means the same; those that a client gave up, too. */
  readonly refused: number;
  /**
   * Requests that their clients gave up and `total` does not have: of the canary at least so many, of the stable version at most.
   * Absent: nothing tells.
   */
  readonly givenUp?: number;
  /** Status → requests; no object, because V8 takes 6 KiB for one with the key 503. */
  readonly codes: ReadonlyMap<string, number>;
  /** Pod → failures, if the counters have a label for the pod. */
  readonly pods: Readonly<Record<string, number>>;
  /** Upper bound in seconds → requests at most that slow, ascending, the last one +Inf. */
  readonly atMost: readonly (readonly [le: number, requests: number])[];
}

/** The requests of both versions, and which of them had any counter. */
export interface Increments {
  readonly counts: Readonly<Record<Arm, Counts>>;
  readonly present: Readonly<Record<Arm, boolean>>;
  readonly baseline: Baseline;
}

/**
 * The increments since the baseline, computed for each counter and then summed. A difference of sums would take a series that
 * vanished for a restart of all.
 * - A counter that restarted counts from zero: it has fallen by half or more.
 * - A lower value above that is an older sample: two Prometheus servers behind one address scrape at different instants, and
 *   either may answer. It adds nothing, and the value before stays in the baseline.
 * - So is every lower value of a process whose counters are older together: the second failure may be half of all.
 * - A counter that is absent adds nothing and stays in the baseline.
 * - A new counter of a known scrape of a process counts whole: the first 503 has a label of its own.
 * - A new counter of a new process that started with the canary counts whole.
 * - A new counter of any other process, or of another scrape of a known one, adds nothing: its value may be weeks old. The
 *   second Prometheus server of a pair may have been away when the rollout began.
 * - Counters of several scrapes of one process count once (`countOnce`).
 */
export function incrementsSince(before: Baseline | undefined, counters: readonly Counter[]): Increments {
  const values = new Map(before?.values);
  const targets = new Set(before?.targets);
  const older = before === undefined ? new Set() : olderTargets(before, counters);
  const sums = { canary: new Sum(), stable: new Sum() };
  const present = { canary: false, stable: false };
  const givenUp = new Map(before?.givenUp);
  const increments = counters.map((counter) => {
    const { arm, series, target } = counter;
    const value = newest(counter.value, before?.values.get(series), older.has(target));
    values.set(series, value);
    targets.add(target).add(scrapeOf(counter));
    if (counter.givenUp !== undefined) {
      const last = before && boundsBefore({ ...counter, value }, before);
      const highest = raise(last, counter.givenUp);
      givenUp.set(series, highest);
      return { counter, added: moreGivenUp(arm, last, highest) };
    }
    present[arm] = true;
    return { counter, added: before === undefined ? 0 : increment({ ...counter, value }, before) };
  });
  const { counted, lags } = countOnce(increments, before?.lags);
  if (before !== undefined) for (const { counter, added } of counted) sums[counter.arm].add(counter, added);
  return {
    counts: { canary: sums.canary.counts(), stable: sums.stable.counts() },
    present,
    baseline: { values, targets, lags, givenUp },
  };
}

/** The bounds that the process had shown; `undefined` if they are not known. */
function boundsBefore(counter: Counter, { values, targets, givenUp }: Baseline): GivenUpBounds | undefined {
  const previous = values.get(counter.series);
  const hasJustStarted = previous === undefined ? targets.has(scrapeOf(counter)) : counter.value < previous;
  return hasJustStarted ? noneGivenUp : givenUp?.get(counter.series);
}

function increment(counter: Counter, { values, targets }: Baseline): number {
  const { series, target, fresh, value } = counter;
  const previous = values.get(series);
  if (previous !== undefined) return value < previous ? value : value - previous;
  const isFirst = fresh && !targets.has(target);
  return isFirst || targets.has(scrapeOf(counter)) ? value : 0;
}

/** The scrape of a process, which knows all of its counters. */
function scrapeOf({ target, scrape }: Counter): string {
  return scrape === undefined ? target : `${target} ${scrape.by}`;
}

/** The newest known value of a counter. */
function newest(value: number, previous = 0, isOlder: boolean): number {
  return value < previous && (isOlder || isOlderThan(previous, value)) ? previous : value;
}

/** A restart begins from zero; a sample of the scrape before has hardly less. */
function isOlderThan(previous: number, value: number): boolean {
  return value > previous / 2;
}

/** The processes whose counters together are those of an older scrape: none of them has grown since. */
function olderTargets({ values }: Baseline, counters: readonly Counter[]): ReadonlySet<string> {
  const known = counters.filter(({ series }) => values.has(series));
  const older = [...Map.groupBy(known, ({ target }) => target)].filter(([, all]) => {
    const before = all.map(({ series }) => values.get(series) ?? 0);
    const hasGrown = all.some(({ value }, i) => value > (before[i] ?? 0));
    const sum = (some: readonly number[]) => some.reduce((one, other) => one + other, 0);
    return !hasGrown && isOlderThan(sum(before), sum(all.map(({ value }) => value)));
  });
  return new Set(older.map(([target]) => target));
}

class Sum {
  readonly #codes = new Map<string, number>();
  readonly #pods: Record<string, number> = {};
  readonly #atMost = new Map<number, number>();
  #givenUp: number | undefined;

  add({ code = "", pod, le, givenUp }: Counter, added: number): void {
    if (givenUp !== undefined) this.#givenUp = (this.#givenUp ?? 0) + added;
    else if (le !== undefined) this.#atMost.set(le, (this.#atMost.get(le) ?? 0) + added);
    else if (added > 0) {
      this.#codes.set(code, (this.#codes.get(code) ?? 0) + added);
      if (pod !== undefined && isFailure(code)) this.#pods[pod] = (this.#pods[pod] ?? 0) + added;
    }
  }

  counts(): Counts {
    const codes = [...this.#codes];
    const sum = (requests: typeof codes) => requests.reduce((all, [, count]) => all + count, 0);
    return {
      total: sum(codes),
      failed: sum(codes.filter(([code]) => isFailure(code))),
      refused: sum(codes.filter(([code]) => isRefusal(code))),
      ...(this.#givenUp !== undefined && { givenUp: this.#givenUp }),
      codes: this.#codes,
      pods: this.#pods,
      atMost: [...this.#atMost].sort(([a], [b]) => a - b),
    };
  }
}

/** The requests that nobody answered before their client gave up: nginx's status 499, or gRPC's CANCELLED. */
export function withoutAnswer({ codes }: Counts): number {
  return (codes.get("499") ?? 0) + (codes.get("CANCELLED") ?? 0);
}

/**
 * Counts the requests slower than a limit in seconds. A histogram cannot tell finer than its buckets, so `bound`, the first
 * bucket bound that is not below the limit, stands for the limit. `total` is the number of requests in the histogram.
 */
export function slowerThan(counts: Counts, seconds: number): { slow: number; total: number; bound: number } {
  const total = counts.atMost.at(-1)?.[1] ?? 0;
  const [bound, within] = counts.atMost.find(([le]) => le >= seconds) ?? [Number.POSITIVE_INFINITY, total];
  return { slow: Math.max(0, total - within), total, bound };
}
