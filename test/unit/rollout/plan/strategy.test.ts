import { expect } from "chai";
import type { WrittenStep } from "../../../../rollout/plan/steps.ts";
import {
  comparesAt,
  isSwitch,
  type Strategy,
  stepsOf,
  strategiesWith,
  strategyNames,
  type Written,
} from "../../../../rollout/plan/strategy.ts";

const SWITCH: readonly WrittenStep[] = [{ kind: "weight", weight: 100 }];
const of = (strategy: Strategy, written: Partial<Written>) =>
  stepsOf(strategy, { steps: SWITCH, intervalMs: 60_000, iterations: 10, ...written });
const weight = (percent: number): WrittenStep => ({ kind: "weight", weight: percent });

describe("strategy", () => {
  it("of a canary is its steps, with the interval where they have no time", () => {
    const steps = [weight(10), { kind: "pause" }, { ...weight(50), leastMs: 5 }] as const;
    expect(of("canary", { steps })).to.deep.equal([
      { kind: "weight", weight: 10, leastMs: 60_000 },
      { kind: "pause" },
      { kind: "weight", weight: 50, leastMs: 5 },
    ]);
  });

  it("begins with copies where the user wants them, whatever it is", () => {
    for (const strategy of strategyNames) {
      const [first, ...rest] = of(strategy, { mirror: 20 });
      expect(first).to.deep.equal({ kind: "mirror", percent: 20, leastMs: 60_000 });
      expect(rest).to.deep.equal(of(strategy, {}));
    }
  });

  it("of an ab-test is one time of so many intervals, whatever the steps", () => {
    expect(of("ab-test", { iterations: 3, steps: [weight(1), weight(2)] })).to.deep.equal([
      { kind: "match", leastMs: 180_000 },
    ]);
  });

  it("compares users that chance has drawn, and always copies", () => {
    const [copies] = of("canary", { mirror: 20 });
    for (const strategy of strategyNames) {
      expect(comparesAt(strategy, copies)).to.equal(true);
      const [first] = of(strategy, { steps: [weight(99)] });
      expect(comparesAt(strategy, first)).to.equal(strategy === "canary");
      const all = { kind: "weight", weight: 100, leastMs: 0 } as const;
      expect(comparesAt(strategy, all), "with all traffic").to.equal(false);
      expect(comparesAt(strategy, all, true), "beside as many stable pods").to.equal(strategy === "canary");
    }
  });

  it("has annotations of its own; the others are for all", () => {
    expect(strategiesWith("steps")).to.deep.equal(["canary", "blue-green"]);
    expect(strategiesWith("iterations")).to.deep.equal(["ab-test"]);
    expect(strategiesWith("stickyMs")).to.deep.equal(["canary"]);
    expect(strategiesWith("match")).to.deep.equal(strategyNames);
  });

  it("knows a switch", () => {
    const pause = { kind: "pause" } as const;
    expect([SWITCH, [pause, weight(100), pause]].map(isSwitch)).to.deep.equal([true, true]);
    expect([[weight(99)], [weight(10), weight(100)]].map(isSwitch)).to.deep.equal([false, false]);
  });
});
