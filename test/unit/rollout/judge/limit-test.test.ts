import { expect } from "chai";
import fc from "fast-check";
import {
  foldLimitTest,
  type LimitTest,
  logLimitTest,
  noLimitTest,
} from "../../../../rollout/judge/limit-test.ts";
import { cases } from "../../../support/cases.ts";
import { chance } from "../../../support/chance.ts";

const LIMIT = 0.01;
const THRESHOLD = Math.log(100);

/** Reads the test after every request; returns after how many requests it decided. */
function firstAlarm(random: () => number, share: number, most: number): number {
  let guard: LimitTest = noLimitTest;
  while (guard.total < most) {
    guard = foldLimitTest(guard, { bad: random() < share ? 1 : 0, total: 1 });
    if (logLimitTest(guard, LIMIT) >= THRESHOLD) return guard.total;
  }
  return Number.POSITIVE_INFINITY;
}

describe("the limit test", () => {
  it("begins with no evidence", () => {
    expect(logLimitTest(noLimitTest, LIMIT)).to.be.closeTo(0, 1e-15);
  });

  it("decides against at most 1 % of the canaries just at the limit, if it is read after every request", () => {
    const random = chance(7);
    const runs = cases(1_000);
    const alarms = Array.from({ length: runs }, () => firstAlarm(random, LIMIT, 3_000)).filter(
      Number.isFinite,
    );
    expect(alarms.length / runs).to.be.at.most(0.01);
  });

  it("detects 5 % errors within a few hundred requests if 1 % are allowed", () => {
    const random = chance(11);
    const found = Array.from({ length: cases(300) }, () => firstAlarm(random, 0.05, 5_000)).sort(
      (a, b) => a - b,
    );
    expect(found.at(found.length / 2)).to.be.below(300);
    expect(found.at(-1)).to.be.below(2_000);
  });

  it("does not decide on one bad request, even if none is allowed", () => {
    expect(logLimitTest({ bad: 0, total: 10_000 }, 0)).to.be.below(THRESHOLD);
    expect(logLimitTest({ bad: 1, total: 1 }, 0)).to.be.below(THRESHOLD);
    expect(logLimitTest({ bad: 20, total: 20 }, 0)).to.be.above(THRESHOLD);
  });

  it("gives the same result however the requests are divided into ticks", () => {
    const one = foldLimitTest(noLimitTest, { bad: 7, total: 90 });
    const two = foldLimitTest(foldLimitTest(noLimitTest, { bad: 3, total: 40 }), { bad: 4, total: 50 });
    expect(two).to.deep.equal(one);
  });

  it("counts more failures than requests as all of them", () => {
    expect(foldLimitTest(noLimitTest, { bad: 9, total: 5 })).to.deep.equal({ bad: 5, total: 5 });
  });

  it("grows with bad requests and shrinks with good ones", () => {
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
