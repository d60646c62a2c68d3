import { expect } from "chai";
import fc from "fast-check";
import {
  foldLimitTest,
  type LimitTest,
  logLimitTest,
  noLimitTest,
} from "../../../../rollout/judge/limit-test.ts";
import { chance } from "../../../support/chance.ts";

const LIMIT = 0.01;
const THRESHOLD = Math.log(100);

/** Looks after every request; returns after how many the guard spoke. */
function firstAlarm(random: () => number, share: number, most: number): number {
  let guard: LimitTest = noLimitTest;
  while (guard.total < most) {
    guard = foldLimitTest(guard, { bad: random() < share ? 1 : 0, total: 1 });
    if (logLimitTest(guard, LIMIT) >= THRESHOLD) return guard.total;
  }
  return Number.POSITIVE_INFINITY;
}

describe("guard", () => {
  it("begins with no evidence", () => {
    expect(logLimitTest(noLimitTest, LIMIT)).to.be.closeTo(0, 1e-15);
  });

  it("accuses at most 1 % of those who are just at the limit, looking after every request", () => {
    const random = chance(7);
    const runs = 1_000;
    const alarms = Array.from({ length: runs }, () => firstAlarm(random, LIMIT, 3_000)).filter(
      Number.isFinite,
    );
    expect(alarms.length / runs).to.be.at.most(0.01);
  });

  it("finds 5 % errors where 1 % are allowed in a few hundred requests", () => {
    const random = chance(11);
    const found = Array.from({ length: 300 }, () => firstAlarm(random, 0.05, 5_000)).sort((a, b) => a - b);
    expect(found.at(150)).to.be.below(300);
    expect(found.at(-1)).to.be.below(2_000);
  });

  it("is not convinced by one bad request, even where none is allowed", () => {
    expect(logLimitTest({ bad: 0, total: 10_000 }, 0)).to.be.below(THRESHOLD);
    expect(logLimitTest({ bad: 1, total: 1 }, 0)).to.be.below(THRESHOLD);
    expect(logLimitTest({ bad: 20, total: 20 }, 0)).to.be.above(THRESHOLD);
  });

  it("is the same however the requests are cut into ticks", () => {
    const one = foldLimitTest(noLimitTest, { bad: 7, total: 90 });
    const two = foldLimitTest(foldLimitTest(noLimitTest, { bad: 3, total: 40 }), { bad: 4, total: 50 });
    expect(two).to.deep.equal(one);
  });

  it("takes more failures than requests for all of them", () => {
    expect(foldLimitTest(noLimitTest, { bad: 9, total: 5 })).to.deep.equal({ bad: 5, total: 5 });
  });

  it("weighs more bad requests more, and more good ones less", () => {
    const limits = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(fc.nat(500), fc.nat(10_000), limits, (bad, good, limit) => {
        const total = bad + good;
        const log = logLimitTest({ bad, total }, limit);
        expect(Number.isFinite(log)).to.equal(true);
        expect(logLimitTest({ bad: bad + 1, total }, limit)).to.be.above(log);
        expect(logLimitTest({ bad, total: total + 1 }, limit)).to.be.at.most(log);
      }),
    );
  });
});
