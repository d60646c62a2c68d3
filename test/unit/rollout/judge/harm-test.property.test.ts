import { expect } from "chai";
import fc from "fast-check";
import {
  foldHarm,
  type Harm,
  type HarmOptions,
  harmDefaults,
  logHarm,
  noHarm,
} from "../../../../rollout/judge/harm-test.ts";
import { logLikelihoodRatio } from "../../../../rollout/judge/likelihood.ts";
import { carry, noTick, type Tick } from "../../../../rollout/judge/tick.ts";
import { cases } from "../../../support/cases.ts";
import { anyTick, emptyTick, servedTick } from "./arbitraries.ts";

const THRESHOLD = Math.log(100);

const options: fc.Arbitrary<HarmOptions> = fc.record({
  r0: fc.constantFrom(1, 1.2, 1.5, 10),
  delta: fc.constantFrom(0, 0.0005, 0.01, 1),
  phi: fc.constantFrom(1, 1.33, 50),
  cap: fc.constantFrom(harmDefaults.cap, Number.POSITIVE_INFINITY),
  onset: fc.boolean(),
});

const harmOf = (ticks: readonly Tick[], how: HarmOptions): Harm =>
  ticks.reduce((harm, tick) => foldHarm(harm, tick, how), noHarm);
const logOf = (ticks: readonly Tick[], how: HarmOptions): number => logHarm(harmOf(ticks, how), how);
/** Sums in a different order differ in their last digits. */
const near = (log: number): number => 1e-9 * Math.max(1, Math.abs(log));

describe("the harm test, for any counts", () => {
  it("begins with no evidence", () => {
    expect(logHarm(noHarm, { onset: true })).to.equal(0);
    expect(logHarm(noHarm, { onset: false })).to.equal(0);
  });

  it("gives the same result in any order of ticks if the harm is present from the first one", () => {
    const shuffled = fc
      .array(servedTick, { minLength: 2, maxLength: 12 })
      .chain((ticks) =>
        fc.tuple(fc.constant(ticks), fc.shuffledSubarray(ticks, { minLength: ticks.length })),
      );
    fc.assert(
      fc.property(shuffled, options, ([ticks, others], how) => {
        const log = logOf(ticks, { ...how, onset: false });
        expect(logOf(others, { ...how, onset: false })).to.be.closeTo(log, near(log));
      }),
    );
  });

  it("divides out a dispersion that multiplies every count", () => {
    fc.assert(
      fc.property(servedTick, fc.integer({ min: 1, max: 50 }), options, (tick, k, { r0, delta }) => {
        const [xc, nc, xs, ns] = tick;
        const log = logLikelihoodRatio(tick, 2 * r0, r0, delta);
        const scaled = logLikelihoodRatio([k * xc, k * nc, k * xs, k * ns], 2 * r0, r0, delta) / k;
        expect(scaled).to.be.closeTo(log, near(log));
      }),
    );
  });

  it("ignores ticks without traffic of one version", () => {
    const mixed = fc.array(fc.oneof(servedTick, emptyTick), { maxLength: 20 });
    fc.assert(
      fc.property(mixed, options, (ticks, how) => {
        const served = ticks.filter(([, nc, , ns]) => nc > 0 && ns > 0);
        expect(harmOf(ticks, how)).to.deep.equal(harmOf(served, how));
      }),
    );
  });

  it("accepts counts carried over to the next tick in any grouping", () => {
    fc.assert(
      fc.property(servedTick, servedTick, servedTick, (a, b, c) => {
        expect(carry(carry(a, b), c)).to.deep.equal(carry(a, carry(b, c)));
        expect(carry(noTick, a)).to.deep.equal(a);
      }),
    );
  });

  it("continues bit by bit the same after a round trip through JSON at any tick", () => {
    const story = fc.array(anyTick, { maxLength: 12 });
    fc.assert(
      fc.property(story, story, options, (before, after, how) => {
        const harm = harmOf(before, how);
        const restored: Harm = JSON.parse(JSON.stringify(harm));
        const go = (from: Harm) => after.reduce((state, tick) => foldHarm(state, tick, how), from);
        expect(go(restored)).to.deep.equal(go(harm));
        expect(Object.is(logHarm(go(restored), how), logHarm(go(harm), how))).to.equal(true);
      }),
    );
  });

  it("never decides on the first tick, however bad", () => {
    fc.assert(
      fc.property(anyTick, options, (tick, how) => {
        const { cap } = harmDefaults;
        expect(logOf([tick], { ...how, cap })).to.be.below(THRESHOLD);
      }),
    );
    const outage: Tick = [100_000, 100_000, 0, 900_000];
    expect(logOf([outage, outage], harmDefaults)).to.be.above(THRESHOLD);
  });

  it("never decides on one failed request, however many readings and however quiet the stable version", () => {
    const one = fc.tuple(
      fc.array(servedTick, { maxLength: 6 }),
      servedTick,
      fc.array(servedTick, { maxLength: 6 }),
    );
    fc.assert(
      fc.property(one, options, ([before, at, after], how) => {
        const quiet = ([, nc, xs, ns]: Tick): Tick => [0, nc, xs, ns];
        const ticks = [...before.map(quiet), [1, ...at.slice(1)] as unknown as Tick, ...after.map(quiet)];
        expect(logOf(ticks, how)).to.be.below(THRESHOLD);
      }),
    );
  });

  it("gives a number for any counts: huge ones, zero, more failures than requests", () => {
    const wild = anyTick.chain((tick) =>
      fc.constantFrom<Tick>(tick, [tick[1] + 1, tick[1], tick[3] * 2, tick[3]], [0, tick[1], 0, tick[3]]),
    );
    fc.assert(
      fc.property(fc.array(wild, { maxLength: 20 }), options, (ticks, how) => {
        const harm = harmOf(ticks, how);
        expect(harm.logS.every(Number.isFinite)).to.equal(true);
        expect(Number.isFinite(logHarm(harm, how))).to.equal(true);
      }),
      { numRuns: cases(500) },
    );
  });

  it("grows with the canary's failures and shrinks with the stable version's", () => {
    fc.assert(
      fc.property(servedTick, options, ([xc, nc, xs, ns], how) => {
        const log = logOf([[xc, nc, xs, ns]], how);
        const slack = near(log);
        expect(logOf([[Math.min(nc, xc + 1), nc, xs, ns]], how)).to.be.at.least(log - slack);
        expect(logOf([[xc, nc, Math.min(ns, xs + 1), ns]], how)).to.be.at.most(log + slack);
      }),
    );
  });

  it("counts more failures than requests as all of them", () => {
    expect(logOf([[9, 5, 9, 7]], harmDefaults)).to.equal(logOf([[5, 5, 7, 7]], harmDefaults));
  });
});
