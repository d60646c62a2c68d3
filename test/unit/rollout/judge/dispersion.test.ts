import { expect } from "chai";
import { dispersion, dispersionOverTime, type PodTick } from "../../../../rollout/judge/dispersion.ts";
import { chance } from "../../../support/chance.ts";

/** Ticks of pods with 200 requests each; `failures` says how many of them fail. */
function history(pods: number, ticks: number, failures: (pod: number) => number): PodTick[][] {
  return Array.from({ length: ticks }, () =>
    Array.from({ length: pods }, (_, pod) => ({ pod: `web-${pod}`, bad: failures(pod), total: 200 })),
  );
}

function failing(random: () => number, rate: number): number {
  return Array.from({ length: 200 }).filter(() => random() < rate).length;
}

describe("dispersion", () => {
  it("is about 1 for independent failures", () => {
    const random = chance(5);
    expect(dispersion(history(10, 180, () => failing(random, 0.01)))).to.be.within(1, 1.8);
  });

  it("is about the size of the bursts of failures", () => {
    const random = chance(6);
    expect(dispersion(history(10, 180, () => 8 * failing(random, 0.001)))).to.be.within(6, 13);
  });

  it("detects a pod that is always worse, although each tick looks quiet", () => {
    const random = chance(7);
    const phi = dispersion(history(5, 180, (pod) => failing(random, pod === 0 ? 0.02 : 0.005)));
    expect(phi).to.be.above(10);
  });

  it("ignores an outage of all pods", () => {
    const random = chance(8);
    const quiet = history(10, 90, () => failing(random, 0.002));
    const stormy = history(10, 90, () => failing(random, 0.2));
    expect(dispersion([...quiet, ...stormy])).to.be.within(1, 2);
  });

  it("stays between 1 and 50", () => {
    expect(dispersion(history(3, 10, () => 2))).to.equal(1);
    expect(dispersion(history(3, 10, (pod) => (pod === 0 ? 200 : 0)))).to.equal(50);
  });

  it("is 1 without data: no tick, no failure, no traffic, fewer than three pods", () => {
    expect(dispersion([])).to.equal(1);
    expect(dispersion(history(5, 10, () => 0))).to.equal(1);
    expect(dispersion([[{ pod: "a", bad: 0, total: 0 }]])).to.equal(1);
    expect(dispersion(history(2, 10, (pod) => 100 * pod))).to.equal(1);
    const alone = ["a", "b", "c"].map((pod) => [{ pod, bad: 5, total: 10 }]);
    expect(dispersion(alone)).to.equal(1);
  });
});

describe("dispersion over time", () => {
  const ticks = (count: number, bad: (tick: number) => number) =>
    Array.from({ length: count }, (_, tick) => ({ bad: bad(tick), total: 200 }));

  it("is about 1 for independent failures, whose rate may change slowly", () => {
    const random = chance(9);
    expect(dispersionOverTime(ticks(180, () => failing(random, 0.01)))).to.be.within(1, 1.4);
    const daily = (tick: number) => failing(random, 0.1 * (1 + 0.9 * Math.sin(tick / 30)));
    expect(dispersionOverTime(ticks(180, daily))).to.be.within(1, 1.5);
  });

  it("is about the size of the bursts of failures, and nearer to it with more bursts", () => {
    const random = chance(10);
    expect(dispersionOverTime(ticks(180, () => 8 * failing(random, 0.005)))).to.be.within(5.5, 11);
    // Two bursts of 8, next to the three degrees of freedom that are added: (2 · 8 + 3) / (2 + 3).
    const two = (tick: number) => (tick === 50 || tick === 120 ? 8 : 0);
    expect(dispersionOverTime(ticks(180, two))).to.be.closeTo(19 / 5, 1e-9);
  });

  it("is 1 without data", () => {
    for (const none of [
      [],
      ticks(1, () => 5),
      ticks(20, () => 0),
      [
        { bad: 0, total: 0 },
        { bad: 3, total: 9 },
      ],
    ])
      expect(dispersionOverTime(none)).to.equal(1);
  });
});
