import { expect } from "chai";
import fc from "fast-check";
import { logEvidence } from "../../rollout/guard.ts";
import { chance } from "../support/chance.ts";

const LIMIT = 0.01;
const THRESHOLD = Math.log(100);

/** Looks after every request; returns after how many the guard spoke. */
function firstAlarm(random: () => number, share: number, most: number): number {
  let bad = 0;
  for (let total = 1; total <= most; total += 1) {
    if (random() < share) bad += 1;
    if (logEvidence(bad, total, LIMIT) >= THRESHOLD) return total;
  }
  return Number.POSITIVE_INFINITY;
}

describe("guard", () => {
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

  it("is not convinced by one bad request, even where none is allowed at first sight of a thousand", () => {
    expect(logEvidence(0, 10_000, 0)).to.be.below(THRESHOLD);
    expect(logEvidence(20, 20, 0)).to.be.above(THRESHOLD);
  });

  it("weighs more bad requests more, and more good ones less", () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.nat(10_000),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (bad, good, limit) => {
          const log = logEvidence(bad, bad + good, limit);
          expect(Number.isFinite(log)).to.equal(true);
          expect(logEvidence(bad + 1, bad + good + 1, limit)).to.be.above(log - 5);
          expect(logEvidence(bad + 1, bad + good, limit)).to.be.above(log);
          expect(logEvidence(bad, bad + good + 1, limit)).to.be.at.most(log);
        },
      ),
    );
  });
});
