import { expect } from "chai";
import { type Load, startLoad } from "../../cluster/load.ts";
import type { Row, Summary } from "../../cluster/record.ts";
import type { Shop } from "../../stories/shop.ts";

/** How evenly a load was sent. */
interface Beat {
  /** Requests per second, on average. */
  readonly rps: number;
  /** The longest time (ms) without a new request: how late the machine was at worst. */
  readonly latestMs: number;
}

/** Two loads as one, and how well it kept its rate. */
export interface MixedLoad extends Load {
  beat(from: number, to: number): Beat;
}

/** So much of the rate must have been reached on average; what a late timer missed it sends at once. */
const REACHED = 0.98;

/** Sends half of the requests with HTTP/1.1 over connections kept alive, the other half with HTTP/2. */
export function startMixedLoad({ url, host }: { url: string; host: string }, rps: number): MixedLoad {
  const loads = (["http/1.1", "h2c"] as const).map((protocol) =>
    startLoad({ url, host, rps: rps / 2, protocol }),
  );
  const between = (from = 0, to = Number.POSITIVE_INFINITY) =>
    loads.map((load) => load.between(from, to)).reduce(sum);
  function* rows(from?: number, to?: number): Generator<Row> {
    for (const load of loads) yield* load.rows(from, to);
  }
  return {
    between,
    rows,
    since: (from) => between(from),
    beat: (from, to) => beatOf([...rows(from, to)].map(({ at }) => at).sort((a, b) => a - b)),
    stop: async () => (await Promise.all(loads.map((load) => load.stop()))).reduce(sum),
  };
}

/** The load of a shop's application, as it must have been in that time; says what it was. */
export function expectBeat(load: MixedLoad, rps: number, from: number, to: number): string {
  const beat = load.beat(from, to);
  expect(beat.rps, "requests per second that were sent").to.be.at.least(REACHED * rps);
  const { total } = load.between(from, to);
  return `${total} requests at ${Math.round(beat.rps)}/s, never later than ${Math.round(beat.latestMs)} ms`;
}

/** Where to send them. */
export function doorOf(shop: Shop, name = "web"): { url: string; host: string } {
  return { url: shop.url, host: shop.host(name) };
}

function beatOf(starts: readonly number[]): Beat {
  const [first = 0, last = 0] = [starts[0], starts.at(-1)];
  let latestMs = 0;
  for (const [i, at] of starts.entries()) latestMs = Math.max(latestMs, at - (starts[i - 1] ?? at));
  return { rps: (1_000 * starts.length) / Math.max(1, last - first), latestMs };
}

function sum(a: Summary, b: Summary): Summary {
  return {
    total: a.total + b.total,
    failed: a.failed + b.failed,
    byVersion: added(a.byVersion, b.byVersion),
    byStatus: added(a.byStatus, b.byStatus),
  };
}

function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...keys].map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]));
}
