import { expect } from "chai";
import type { Tick } from "../../../rollout/judge/tick.ts";
import {
  atLeastTimes,
  foldTolerable,
  noTolerable,
  type Tolerable,
} from "../../../rollout/judge/tolerable.ts";
import { stream, threeSigma } from "./streams.ts";

const ALPHA = 0.01;
const told = (ticks: readonly Tick[]) =>
  atLeastTimes(
    ticks.reduce<Tolerable>((state, tick) => foldTolerable(state, tick), noTolerable),
    ALPHA,
  );
const repeat = (ticks: number, tick: Tick) => Array.from({ length: ticks }, () => tick);

describe("at least k times as bad", () => {
  it("is told as far as the counts carry it", () => {
    expect(told([])).to.equal(undefined);
    expect(told(repeat(20, [1, 100, 9, 900]))).to.equal(undefined);
    expect(told(repeat(20, [5, 100, 9, 900]))).to.equal(3);
    expect(told(repeat(20, [50, 100, 9, 900]))).to.equal(10);
  });

  it("is told too strongly in at most 1 % of the runs", () => {
    const runs = 500;
    const wrong = Array.from({ length: runs }).filter((_, seed) => {
      const next = stream(seed);
      let state: Tolerable = noTolerable;
      return Array.from({ length: 100 }).some(() => {
        state = foldTolerable(
          state,
          next({ canary: { requests: 20, rate: 0.06 }, stable: { requests: 80, rate: 0.02 } }),
        );
        // Three times is the truth: "at most three times" holds, if only just, so refuting it is the mistake.
        return (atLeastTimes(state, ALPHA) ?? 0) >= 3;
      });
    });
    expect(wrong.length / runs).to.be.at.most(threeSigma(ALPHA, runs));
  });

  it("survives JSON and ticks without traffic", () => {
    const state = foldTolerable(noTolerable, [3, 50, 1, 950]);
    expect(foldTolerable(JSON.parse(JSON.stringify(state)), [0, 0, 5, 9])).to.deep.equal(state);
  });
});
