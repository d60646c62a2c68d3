import { expect } from "chai";
import {
  foldHarm,
  type Harm,
  type HarmOptions,
  harmDefaults,
  logHarm,
  noHarm,
} from "../../../../rollout/judge/harm-test.ts";
import { addSums, noSums, startOf } from "../../../../rollout/judge/safety-sums.ts";
import { foldSafety, logSafety, safetyDefaults } from "../../../../rollout/judge/safety-test.ts";
import { cases } from "../../../support/cases.ts";
import { type Scene, stream, threeSigma } from "./streams.ts";

const RUNS = cases(1_000);
const LOOKS = 200;
const ALPHA = 0.01;
const BETA = 0.05;

/** A canary exactly as bad as tolerated, with a base rate that changes threefold and a weight that grows with each tick. */
function atBoundary({ r0, delta }: Pick<HarmOptions, "r0" | "delta">) {
  return (tick: number): Scene => {
    const rate = 0.02 + 0.01 * Math.sin(tick / 7);
    const requests = 10 + Math.floor((tick * 40) / LOOKS);
    return { canary: { requests, rate: r0 * rate + delta }, stable: { requests: 60 - requests, rate } };
  };
}

/** The first reading at which the test decides, Infinity if none. */
function lookOfRollback(seed: number, scene: (tick: number) => Scene, options: HarmOptions): number {
  const next = stream(seed);
  let harm: Harm = noHarm;
  for (let look = 1; look <= LOOKS; look += 1) {
    harm = foldHarm(harm, next(scene(look)), options);
    if (logHarm(harm, options) >= Math.log(1 / ALPHA)) return look;
  }
  return Number.POSITIVE_INFINITY;
}

describe("the judge, read after every tick (Ville)", () => {
  const uncapped: HarmOptions = { ...harmDefaults, cap: Number.POSITIVE_INFINITY };
  const variants: [string, HarmOptions][] = [
    ["with the defaults", harmDefaults],
    ["without the cap", uncapped],
    ["without onset", { ...uncapped, onset: false }],
    ["with the tolerance for 4xx answers", { ...harmDefaults, r0: 2, delta: 0.05 }],
    ["with no tolerance at all", { ...uncapped, r0: 1, delta: 0 }],
  ];
  for (const [what, options] of variants) {
    it(`rolls back at most ${ALPHA} of the canaries at the boundary, ${what}`, () => {
      const scene = atBoundary(options);
      const wronged = Array.from({ length: RUNS }, (_, i) => lookOfRollback(i, scene, options)).filter(
        Number.isFinite,
      );
      expect(wronged.length / RUNS).to.be.at.most(threeSigma(ALPHA, RUNS));
    });
  }

  it("detects 5 % failures next to 0.5 % within a few ticks, in nearly all runs", () => {
    const scene = () => ({ canary: { requests: 50, rate: 0.05 }, stable: { requests: 450, rate: 0.005 } });
    const found = Array.from({ length: 200 }, (_, i) => lookOfRollback(i, scene, harmDefaults)).sort(
      (a, b) => a - b,
    );
    expect(found[100]).to.be.at.most(6);
    expect(found[199]).to.be.at.most(30);
  });

  it("detects a harm that begins late about as fast as one that is present from the start", () => {
    const late = (tick: number) => ({
      canary: { requests: 50, rate: tick > 100 ? 0.1 : 0.01 },
      stable: { requests: 450, rate: 0.01 },
    });
    const median = (options: HarmOptions) =>
      Array.from({ length: 100 }, (_, i) => lookOfRollback(i, late, options)).sort((a, b) => a - b)[50];
    expect(median(harmDefaults)).to.be.within(101, 108);
    expect(median({ ...harmDefaults, onset: false })).to.be.above(108);
  });

  const { r1, margin } = safetyDefaults;
  /** The versions' rates are what the history says, or it misleads. */
  const expectations = [undefined, 0.0001, 0.02, 0.5];
  const MOST_START = Math.log(1 / BETA) / 2;
  /** How many of the runs the last step calls safe, which begins at tick 50 with what the ticks before say. */
  const calledSafe = (scene: (tick: number) => Scene, rate: number | undefined) =>
    Array.from({ length: RUNS }).filter((_, i) => {
      const [next, options] = [stream(i), { ...safetyDefaults, rate }];
      let sums = noSums;
      for (let look = 0; look < 50; look += 1) sums = addSums(sums, next(scene(look)), options);
      let safety = startOf(sums, options, MOST_START);
      return Array.from({ length: LOOKS }).some((_, look) => {
        safety = foldSafety(safety, next(scene(50 + look)), options);
        return logSafety(safety) >= Math.log(1 / BETA);
      });
    }).length / RUNS;

  it(`declares safe at most ${BETA} of the canaries that are as bad as the margin says`, () => {
    for (const rate of expectations) {
      const safe = calledSafe(atBoundary({ r0: r1, delta: margin }), rate);
      expect(safe, `expected ${rate}`).to.be.at.most(threeSigma(BETA, RUNS));
    }
  });

  it("declares safe at most √beta of those that become so bad by the last step's weight", () => {
    const late = (tick: number) => {
      const { canary, stable } = atBoundary({ r0: r1, delta: margin })(tick);
      return { canary: tick < 50 ? { ...canary, rate: 0 } : canary, stable };
    };
    for (const rate of expectations) {
      expect(calledSafe(late, rate), `expected ${rate}`).to.be.at.most(threeSigma(Math.sqrt(BETA), RUNS));
    }
  });
});
