import { expect } from "chai";
import { type Answers, startLoad } from "../../cluster/load.ts";
import type { Row, Summary } from "../../cluster/record.ts";
import type { Shop } from "../../stories/shop.ts";

/** The evenness of a load. */
interface Beat {
  /** The average number of requests per second. */
  readonly rps: number;
  /** The longest time without a new request, in ms: the machine's worst delay. */
  readonly latestMs: number;
}

/** Two loads as one, with its evenness. */
export interface MixedLoad extends Answers {
  beat(from: number, to: number): Beat;
}

/** The part of the rate that a load must reach on average. A late timer sends the missed requests at once. */
const REACHED = 0.98;

/** Sends half of the requests with HTTP/1.1 over kept-alive connections, and half with HTTP/2. */
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

/** Expects that a load kept its rate in that period; returns a description of it. */
export function expectBeat(load: MixedLoad, rps: number, from: number, to: number): string {
  const beat = load.beat(from, to);
  expect(beat.rps, "requests per second that were sent").to.be.at.least(REACHED * rps);
  const { total } = load.between(from, to);
  return `${total} requests at ${Math.round(beat.rps)}/s, never later than ${Math.round(beat.latestMs)} ms`;
}

/** The gateway and host of a shop's application. */
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
