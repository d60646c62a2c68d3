import { describeDuration } from "../rollout/text/duration.ts";

/** Serin could not read the metrics. The message is a sentence for people, without credentials. */
export class ProviderError extends Error {
  override name = "ProviderError";
  /** How long (ms) the service asks to be left alone, a minute at most; absent: it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The answer is longer than Serin reads; a narrower question may get one that is short enough. */
export class AnswerTooLong extends ProviderError {
  override name = "AnswerTooLong";
}

/** The time of a query: the interval that ends at `at` (ms). */
export interface Window {
  readonly at: number;
  readonly intervalMs: number;
}

/** One number and its instant (ms), or the reason, a sentence for people, why Serin cannot judge. */
export type Reading =
  | { readonly kind: "value"; readonly value: number; readonly at: number }
  | { readonly kind: "missing" | "stale" | "several" | "not-a-number"; readonly reason: string };

/** Something that answers queries with one number. */
export interface Provider {
  /** The newest value of the query in the window. Throws a ProviderError when the provider cannot be asked. */
  read(query: string, window: Window, signal?: AbortSignal): Promise<Reading>;
}

/** A point of a series, at an instant (ms). Numbers may come as text; null is a gap. */
export interface Point {
  readonly at: number;
  readonly value: unknown;
}

/** A value older than this many intervals says nothing about the present. */
const freshIntervals = 3;
/** How far back Serin asks, in intervals, to distinguish a late value from no value. */
const askedIntervals = 10;

/** The begin of the time that Serin asks a provider for (ms). */
export function since({ at, intervalMs }: Window): number {
  return at - askedIntervals * intervalMs;
}

/** The newest value of the only series. Throws a TypeError when a point is not valid. */
export function newest(series: readonly (readonly Point[])[], window: Window): Reading {
  const alive = series.map((points) => points.filter(({ value }) => value !== null && value !== undefined));
  const [points, ...more] = alive.filter((points) => points.length > 0);
  if (points === undefined) return { kind: "missing", reason: "the query yields no value" };
  if (more.length > 0) {
    return { kind: "several", reason: `the query yields ${more.length + 1} series instead of one` };
  }
  const { at, value } = points.reduce((last, point) => (point.at > last.at ? point : last));
  if (!Number.isFinite(at)) throw new TypeError("a point without an instant");
  const age = window.at - at;
  if (age > freshIntervals * window.intervalMs) {
    const old = `${describeDuration(Math.round(age / 1000) * 1000)} old, more than ${freshIntervals} intervals`;
    return { kind: "stale", reason: `the newest value is ${old}` };
  }
  const number = toNumber(value);
  return Number.isFinite(number)
    ? { kind: "value", value: number, at }
    : { kind: "not-a-number", reason: `the value is ${String(value).slice(0, 40)}` };
}

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "object") throw new TypeError("a value that is an object");
  // Number() takes "" for 0 and true for 1.
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}
