import { expect } from "chai";
import {
  foldHarm,
  type Harm,
  harmDefaults,
  logHarm,
  noHarm,
  onsetPrior,
  onsetRest,
} from "../../../../rollout/judge/harm-test.ts";
import { logLikelihoodRatio } from "../../../../rollout/judge/likelihood.ts";
import type { Tick } from "../../../../rollout/judge/tick.ts";
import vectors from "./vectors.json" with { type: "json" };

/** ln and exp differ in their last bit between engines; the values were computed with 50 digits. */
const EXACT = 1e-9;

const tickOf = ([xc = 0, nc = 0, xs = 0, ns = 0]: readonly number[]): Tick => [xc, nc, xs, ns];

describe("judge: published values", () => {
  for (const { what, tick, r, r0, delta, expected } of vectors.likelihood) {
    it(`likelihood ratio: ${what}`, () => {
      expect(logLikelihoodRatio(tickOf(tick), r, r0, delta)).to.be.closeTo(expected, EXACT);
    });
  }

  it("onset prior", () => {
    vectors.onset.t.forEach((t, i) => {
      expect(onsetPrior(t)).to.be.closeTo(vectors.onset.pi[i] ?? Number.NaN, EXACT);
      expect(onsetRest(t)).to.be.closeTo(vectors.onset.rest[i] ?? Number.NaN, EXACT);
    });
  });

  it("harm, tick by tick", () => {
    let harm: Harm = noHarm;
    const logE = vectors.harm.ticks.map((tick) => {
      harm = foldHarm(harm, tickOf(tick), harmDefaults);
      return logHarm(harm, harmDefaults);
    });
    logE.forEach((log, i) => {
      expect(log).to.be.closeTo(vectors.harm.logE[i] ?? Number.NaN, EXACT);
    });
    const decided = logE.findIndex((log) => log >= Math.log(1 / vectors.harm.alpha));
    expect(decided + 1).to.equal(vectors.harm.rollbackAtTick);
  });
});
