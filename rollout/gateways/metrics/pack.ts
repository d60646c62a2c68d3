import type { Backend } from "./backend.ts";
import type { Labels } from "./sample.ts";

/**
 * How one gateway's metrics name a backend. Raw counters, not rates: increments are taken per series, because rate() and
 * increase() extrapolate and lose the first sample of a new series.
 */
export interface Pack {
  /** For people: "Traefik". */
  readonly name: string;
  /**
   * PromQL for the raw request counters of these backends, by status; with a range ("60s"), for their increase over it.
   * One query serves many backends, so it may answer with series of neighbours: `keysOf` tells them apart. Throws a
   * RangeError without backends.
   */
  requests(backends: readonly Backend[], range?: string): string;
  /** Selectors of the same counters, one by one: they take a range. */
  selectors(backends: readonly Backend[]): readonly string[];
  /**
   * PromQL for the raw cumulative latency buckets, of all bounds or only of those (seconds; +Inf is always among them). A
   * process's series of one backend and bound may come as their sum. Absent: the gateway has no histogram per backend.
   */
  buckets?(backends: readonly Backend[], bounds?: readonly number[]): string;
  /** Every key that a series of this backend may have. */
  keysFor(backend: Backend): readonly string[];
  /** The keys that a series may be meant for, the most exact first: some gateways join names so that they are ambiguous. */
  keysOf(labels: Labels): readonly string[];
  /**
   * The answer's status: "503", or its class "5xx" where the gateway has nothing finer; of a gRPC call the name of its status
   * ("UNAVAILABLE"); "" where it says nothing.
   */
  codeOf(labels: Labels): string;
  /** The labels that hold the status, as `sum by (…)` wants them. */
  readonly codeLabels: readonly string[];
  /** Upper bound of a bucket in seconds (Infinity for +Inf), whatever the gateway's unit. */
  boundOf(labels: Labels): number;
  /** Who exports the counter: two series of the same process have the same target. */
  targetOf(labels: Labels): string;
  /** The pod that served, where the series tells it. */
  podOf?(labels: Labels): string | undefined;
}

/** A counter of gRPC calls by status, in Markdown for the documentation. */
export interface CallCounter {
  readonly counter: string;
  /** The calls that it does not count. */
  readonly unseen?: string;
}
