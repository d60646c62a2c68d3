import fc from "fast-check";
import type { Tick } from "../../../../rollout/judge/tick.ts";

/** Bad and all requests of one version, up to the largest number that a counter holds exactly. */
const counts = (least: number, most: number) =>
  fc
    .integer({ min: least, max: most })
    .chain((n) => fc.oneof(fc.nat(Math.min(n, 20)), fc.nat(n)).map((x) => [Math.min(x, n), n] as const));

const ticks = (least: number, most: number): fc.Arbitrary<Tick> =>
  fc.tuple(counts(least, most), counts(least, most)).map(([[xc, nc], [xs, ns]]): Tick => [xc, nc, xs, ns]);

/** A tick in which both versions served, as a gateway counts them. */
export const servedTick = ticks(1, 100_000);

/** Any tick, with and without traffic, up to the largest exact counts. */
export const anyTick = fc.oneof(ticks(0, 100), ticks(0, 100_000), ticks(0, Number.MAX_SAFE_INTEGER));

/** A tick in which one version, or none, served. */
export const emptyTick: fc.Arbitrary<Tick> = fc
  .tuple(counts(0, 1_000), fc.boolean())
  .map(([[x, n], canary]): Tick => (canary ? [x, n, 0, 0] : [0, 0, x, n]));
