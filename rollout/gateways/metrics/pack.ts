import type { Backend } from "./backend.ts";
import type { Labels } from "./sample.ts";

/**
 * The names of backends in one gateway's metrics. Serin reads raw counters and takes increments per series itself, because
 * rate() and increase() extrapolate and lose the first sample of a new series.
 */
export interface Pack {
  /** For people: "Traefik". */
  readonly name: string;
  /**
   * PromQL for the raw request counters of these backends, by status; with a range ("60s"), for their increase over it.
   * One query serves many backends, so its answer may contain series of others: `keysOf` separates them. Throws a
   * RangeError without backends.
   */
  requests(backends: readonly Backend[], range?: string): string;
  /**
   * PromQL for the number of series of the same counters, whatever their backend; an empty answer if there are none. Without
   * backends: of HTTP requests.
   */
  all(backends: readonly Backend[]): string;
  /** Selectors of the same counters, one by one: they take a range. */
  selectors(backends: readonly Backend[]): readonly string[];
  /**
   * PromQL for the raw cumulative latency buckets, of all bounds or only of those (seconds; +Inf is always among them). A
   * process's series of one backend and bound may come as their sum. Absent: the gateway has no histogram per backend.
   */
  buckets?(backends: readonly Backend[], bounds?: readonly number[]): string;
  /** Every key that a series of the backend may have. */
  keysFor(backend: Backend): readonly string[];
  /** Absent: two namespaces never have the same key. */
  readonly joined?: JoinedNames;
  /** Absent: the counter of requests has those that their clients gave up, or no counters tell of them. */
  readonly givenUp?: GivenUp;
  /**
   * It counts the requests of a Service whoever calls it, so behind a Gateway those from inside the mesh as well, which follow no
   * weight of the Gateway's routes. Absent: it counts only what routes split.
   */
  readonly countsMesh?: true;
  /** The possible keys of a series, the most exact first: some gateways join names so that they are ambiguous. */
  keysOf(labels: Labels): readonly string[];
  /**
   * The answer's status: "503", or its class "5xx" if the gateway has nothing finer; for a gRPC call the name of its
   * status ("UNAVAILABLE"); "" without a status.
   */
  codeOf(labels: Labels): string;
  /** The labels that hold the status, as `sum by (…)` wants them. */
  readonly codeLabels: readonly string[];
  /** Upper bound of a bucket in seconds (Infinity for +Inf), whatever the gateway's unit. */
  boundOf(labels: Labels): number;
  /** The exporter of the counter: two series of the same process have the same target. */
  targetOf(labels: Labels): string;
  /** The pod that served, if the series names it. */
  podOf?(labels: Labels): string | undefined;
  /**
   * Where the gateway may count the requests of these backends without telling versions apart; `undefined` if no rule names
   * them. Absent: it always tells them apart.
   */
  undivided?(backends: readonly Backend[]): Undivided | undefined;
}

/**
 * Counters that bound, from both sides, how many requests of a backend their clients gave up before an answer. Each is the name
 * of a metric, and counts from the start of the process.
 */
export interface GivenUp {
  /** All tries. */
  readonly tries: string;
  /** Tries that were answered or repeated, and those that are open: at least the tries without all these were given up. */
  readonly ended: readonly string[];
  /** Ends before the last byte: at most all these together were given up. */
  readonly atMost: readonly string[];
  /** PromQL for these counters and those of `Pack.requests`, in one query. Throws a RangeError without backends. */
  requests(backends: readonly Backend[]): string;
}

/** Requests that a gateway counts for all versions together. */
export interface Undivided {
  /** PromQL for the series of such requests alone. */
  readonly series: string;
  /** A predicate after the gateway's name, and what would be right. */
  readonly reason: string;
}

/**
 * The names of a gateway that joins them without a separator of its own: "a-b" in namespace "c" and "b" in namespace "c-a"
 * have the same key.
 */
interface JoinedNames {
  /** The part of a key that names the Service. */
  partOf(key: string): string;
  /** Every part as which a series of the backend may be read. */
  partsOf(backend: Backend): readonly string[];
  /** Whether a series of the backend with the key's part may have the key, behind this Gateway (`namespace-name`). */
  leadsTo(key: string, backend: Backend, gateway: string): boolean;
}

/** A counter of gRPC calls by status, in Markdown for the documentation. */
export interface CallCounter {
  readonly counter: string;
  /** The calls that it does not count. */
  readonly unseen?: string;
}
