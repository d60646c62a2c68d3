import { expect } from "chai";
import fc from "fast-check";
import {
  foldSafety,
  logSafety,
  noSafety,
  type Safety,
  safetyDefaults,
} from "../../../../rollout/judge/safety-test.ts";
import type { Tick } from "../../../../rollout/judge/tick.ts";
import { anyTick, servedTick } from "./arbitraries.ts";

const SAFE = Math.log(20);
const safetyOf = (ticks: readonly Tick[], options = safetyDefaults): Safety =>
  ticks.reduce((safety, tick) => foldSafety(safety, tick, options), noSafety);

describe("the safety test", () => {
  it("begins with no evidence", () => {
    expect(logSafety(noSafety)).to.equal(0);
  });

  it("is the weighted mean over the ratios, computed by hand from one tick", () => {
    const [xc, nc, xs, ns] = [2, 500, 3, 500];
    const terms = [0.05, 0.2, 0.4, 0.6, 0.8].map((h, j) => {
      const b = (1.5 * nc + ns) / (1.5 * h * nc + ns);
      const a = h * b;
      return (
        ([0.5, 0.2, 0.15, 0.1, 0.05][j] ?? 0) *
        Math.exp(xc * Math.log(a) + xs * Math.log(b) - nc * 0.005 * (a - 1))
      );
    });
    const expected = Math.log(terms.reduce((sum, term) => sum + term, 0));
    expect(logSafety(safetyOf([[xc, nc, xs, ns]]))).to.be.closeTo(expected, 1e-12);
  });

  it("needs about 2,000 requests to verify half a percent of all traffic, at any weight", () => {
    for (const weight of [0.1, 0.25, 0.5, 0.75]) {
      const perTick: Tick = [0, 200 * weight, 0, 200 * (1 - weight)];
      const options = { ...safetyDefaults, margin: 0.005 / weight };
      let ticks = 1;
      while (
        logSafety(
          safetyOf(
            Array.from({ length: ticks }, () => perTick),
            options,
          ),
        ) < SAFE
      )
        ticks += 1;
      expect(200 * ticks).to.be.within(800, 3_000);
    }
  });

  it("needs fewer requests of a healthy canary if the stable version's rate is known, and never many more", () => {
    const needed = (fails: number, rate?: number) => {
      const perTick: Tick = [50 * fails, 50, 50 * fails, 50];
      const options = { ...safetyDefaults, rate };
      let [ticks, safety] = [0, noSafety];
      while (logSafety(safety) < SAFE) [ticks, safety] = [ticks + 1, foldSafety(safety, perTick, options)];
      return ticks;
    };
    for (const fails of [0, 0.01, 0.05]) {
      expect(needed(fails, fails), `${fails}`).to.be.below(0.95 * needed(fails));
      for (const wrong of [0, 0.001, 0.01, 0.05, 1])
        expect(needed(fails, wrong), `${fails}, expected ${wrong}`).to.be.below(2 * needed(fails));
    }
  });

  it("begins with no more evidence where a rate is known: the weights sum to 1", () => {
    for (const rate of [0, 0.001, 0.01, 0.05, 1])
      expect(
        logSafety(foldSafety(noSafety, [0, 1e-9, 0, 1], { ...safetyDefaults, rate })),
        `${rate}`,
      ).to.be.closeTo(0, 1e-9);
  });

  it("is not passed by a canary without requests, nor with a few good ones", () => {
    expect(logSafety(safetyOf([[0, 0, 0, 9_000]]))).to.equal(0);
    expect(logSafety(safetyOf([[0, 20, 0, 180]]))).to.be.below(SAFE);
  });

  it("shrinks with the canary's failures", () => {
    fc.assert(
      fc.property(servedTick, ([xc, nc, xs, ns]) => {
        const log = logSafety(safetyOf([[xc, nc, xs, ns]]));
        const worse = logSafety(safetyOf([[Math.min(nc, xc + 1), nc, xs, ns]]));
        expect(worse).to.be.at.most(log + 1e-9 * Math.abs(log));
      }),
    );
  });

  it("gives a number for any counts, the same after a round trip through JSON", () => {
    fc.assert(
      fc.property(
        fc.array(anyTick, { maxLength: 12 }),
        fc.constantFrom(1, 50),
        anyTick,
        (ticks, phi, next) => {
          const options = { ...safetyDefaults, phi };
          const safety = safetyOf(ticks, options);
          expect(Number.isFinite(logSafety(safety))).to.equal(true);
          const restored: Safety = JSON.parse(JSON.stringify(safety));
          expect(foldSafety(restored, next, options)).to.deep.equal(foldSafety(safety, next, options));
        },
      ),
    );
  });
});
