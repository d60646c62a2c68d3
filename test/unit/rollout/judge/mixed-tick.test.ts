import { expect } from "chai";
import fc from "fast-check";
import { laterPart } from "../../../../rollout/judge/mixed-tick.ts";
import { foldSafety, logSafety, noSafety, safetyDefaults } from "../../../../rollout/judge/safety-test.ts";
import { carry, noTick, type Tick } from "../../../../rollout/judge/tick.ts";
import { cases } from "../../../support/cases.ts";
import { stream } from "./streams.ts";

/** Whole ticks at 10 and 25 %. */
const before: Tick = [0, 50, 0, 450];
const whole: Tick = [0, 125, 0, 375];

describe("a tick in which a step begins", () => {
  // From 10 to 25 % of 500 requests, after a part of the tick.
  for (const [earlier, canary, later] of [
    [0, 125, 102],
    [150, 103, 67],
    [300, 80, 30],
    [450, 58, 0],
    [500, 50, 0],
  ] as const) {
    it(`has about ${later} requests of the step when ${earlier} of 500 came before it`, () => {
      const own = laterPart([0, canary, 1, 500 - canary], before, whole);
      expect(own).to.deep.equal(later === 0 ? noTick : [0, later, 1, 500 - canary]);
    });
  }

  it("tells nothing if the step's share is hardly larger than the one before, or smaller", () => {
    expect(laterPart([0, 125, 0, 375], [0, 100, 0, 400], whole)).to.equal(noTick);
    expect(laterPart([0, 250, 0, 250], [0, 250, 0, 250], whole)).to.equal(noTick);
  });

  it("keeps every failure of the canary's", () => {
    expect(laterPart([40, 80, 0, 420], before, whole)).to.deep.equal([40, 40, 0, 420]);
  });

  it("has never more requests of the canary's than the tick, and leaves the stable version's as they are", () => {
    const count = fc.integer({ min: 1, max: 100_000 });
    const tick = fc.tuple(fc.constant(0), count, fc.constant(3), count);
    fc.assert(
      fc.property(tick, tick, tick, (mixed, old, young) => {
        const [xc, later, xs, stable] = laterPart(mixed, old, young);
        expect(later).to.be.within(0, mixed[1]);
        expect([xc, xs, stable]).to.deep.equal(later === 0 ? [0, 0, 0] : [0, 3, mixed[3]]);
      }),
    );
  });

  it("is evidence with a mean of at most 1 for a canary that is at the boundary only since the step", () => {
    const { r1, margin } = safetyDefaults;
    const rate = 0.02;
    const runs = cases(4_000);
    // 30 % of the requests came before the step, when the canary failed nothing; chance moves both shares.
    const odds = Array.from({ length: runs }, (_, i) => {
      const next = stream(i);
      const part = (requests: number, weight: number, canary: number) => {
        const route = { canary: { requests, rate: weight }, stable: { requests: 0, rate: 0 } };
        const [routed] = stream(i + requests)(route);
        return next({
          canary: { requests: routed, rate: canary },
          stable: { requests: requests - routed, rate },
        });
      };
      const mixed = carry(part(150, 0.1, 0), part(350, 0.25, r1 * rate + margin));
      const own = laterPart(mixed, part(500, 0.1, 0), part(500, 0.25, rate));
      return Math.exp(logSafety(foldSafety(noSafety, own, safetyDefaults)));
    });
    const mean = odds.reduce((sum, one) => sum + one, 0) / runs;
    const variance = odds.reduce((sum, one) => sum + (one - mean) ** 2, 0) / runs;
    expect(mean).to.be.at.most(1 + 3 * Math.sqrt(variance / runs));
  });
});
