import { expect } from "chai";
import type { WrittenStep } from "../../../../rollout/plan/steps.ts";
import { isSwitch, type Kind, SWITCH, stepsOf, type Written } from "../../../../rollout/plan/strategy.ts";

const of = (kind: Kind, written: Partial<Written>) =>
  stepsOf(kind, { steps: SWITCH, intervalMs: 60_000, iterations: 10, ...written });
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

  it("begins with copies where they are wanted, in every kind", () => {
    for (const kind of ["canary", "blue-green", "ab-test"] as const) {
      const [first, ...rest] = of(kind, { mirror: 20 });
      expect(first).to.deep.equal({ kind: "mirror", percent: 20, leastMs: 60_000 });
      expect(rest).to.deep.equal(of(kind, {}));
    }
  });

  it("of an ab-test is one time of so many intervals, whatever the steps", () => {
    expect(of("ab-test", { iterations: 3, steps: [weight(1), weight(2)] })).to.deep.equal([
      { kind: "match", leastMs: 180_000 },
    ]);
  });

  it("knows a switch", () => {
    const pause = { kind: "pause" } as const;
    expect([SWITCH, [pause, weight(100), pause]].map(isSwitch)).to.deep.equal([true, true]);
    expect([[weight(99)], [weight(10), weight(100)]].map(isSwitch)).to.deep.equal([false, false]);
  });
});
