import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { foldHarm, logHarm, noHarm } from "../../../rollout/judge/harm-test.ts";
import vectors from "../rollout/judge/vectors.json" with { type: "json" };
import { judge, judged } from "./judge-command.ts";

describe("npm run judge", () => {
  const { ticks, logE, rollbackAtTick } = vectors.harm;
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "serin-judge-"));
  });
  after(() => rmSync(dir, { recursive: true }));

  it("replays a file of ticks and says at which one it takes the canary back", () => {
    const file = join(dir, "incident.json");
    writeFileSync(file, JSON.stringify({ harm: {}, ticks }));
    const { status, stdout, stderr } = judge([file]);
    const found = JSON.parse(stdout);
    expect({ status, stderr, tick: found.rollbackAtTick }).to.deep.equal({
      status: 0,
      stderr: "",
      tick: rollbackAtTick,
    });
    logE.forEach((expected, i) => {
      expect(found.logE[i]).to.be.closeTo(expected, 1e-9);
    });
  });

  it("reads standard input and takes every option", () => {
    const harm = { r0: 1.5, delta: 0.001, alpha: 0.001, phi: 2, cap: null, onset: false };
    const found = judged({ harm, ticks });
    let state = noHarm;
    const expected = ticks.map(([xc = 0, nc = 0, xs = 0, ns = 0]) => {
      const options = { ...harm, cap: Number.POSITIVE_INFINITY };
      state = foldHarm(state, [xc, nc, xs, ns], options);
      return logHarm(state, options);
    });
    expect(found).to.deep.equal({ logE: expected, rollbackAtTick: 3 });
    expect(expected[2]).to.be.within(Math.log(1_000), 7.1);
  });

  it("takes a cap that fits the alpha it is given", () => {
    const outage = [[50, 50, 0, 950]];
    const log = (alpha: number) => judged({ harm: { alpha }, ticks: outage }).logE?.[0];
    expect(log(0.01)).to.equal(judged({ harm: { cap: 0.75 * Math.log(100) }, ticks: outage }).logE?.[0]);
    expect(log(0.0001)).to.be.above(Number(log(0.01)));
  });

  it("says when a canary is verified", () => {
    const steady = Array.from({ length: 15 }, () => [0, 200, 0, 200]);
    const { logF, safeAtTick } = judged({ safety: { r1: 1.5, margin: 0.005, beta: 0.05 }, ticks: steady });
    expect(logF).to.have.length(15);
    expect(Number(safeAtTick)).to.be.within(3, 10);
    expect(Number(logF?.[Number(safeAtTick) - 1])).to.be.at.least(Math.log(20));
    expect(Number(logF?.[Number(safeAtTick) - 2])).to.be.below(Math.log(20));
  });

  it("guards an absolute limit", () => {
    const found = judged({
      guard: { limit: 0.01, alpha: 0.01 },
      ticks: [
        [1, 100],
        [0, 0],
        [20, 100],
      ],
    });
    expect(found.rollbackAtTick).to.equal(3);
    expect(found.logE?.[1]).to.equal(found.logE?.[0]);
  });

  it("does not let three requests decide", () => {
    const guard = { limit: 0.01, alpha: 0.01 };
    expect(judged({ guard, ticks: [[3, 3]] })).to.include({ rollbackAtTick: null });
    expect(
      judged({
        guard,
        ticks: [
          [3, 3],
          [17, 17],
        ],
      }),
    ).to.include({ rollbackAtTick: 2 });
  });

  it("judges latency by the mean over the boundaries, whichever way +Inf is written", () => {
    const tick = { c: [10, 40, 50], s: [900, 950, 960] };
    const one = (bad: number[]) =>
      Math.exp(Number(judged({ harm: { delta: 0.005 }, ticks: [bad] }).logE?.[0]));
    const mean = Math.log((one([40, 50, 60, 960]) + one([10, 50, 10, 960])) / 2);
    for (const last of [null, "+Inf", "Infinity"]) {
      const { logE: found } = judged({ latency: { le: [0.1, 0.5, last] }, ticks: [tick] });
      expect(found?.[0]).to.be.closeTo(mean, 1e-9);
    }
    const { logE: only } = judged({ latency: { le: [0.1, 0.5, 1], monitored: [0.5] }, ticks: [tick] });
    expect(Math.exp(Number(only?.[0]))).to.be.closeTo(one([10, 50, 10, 960]), 1e-9);
  });

  it("repeats the value before where one version has no traffic, and carries the counts over", () => {
    const apart = judged({
      harm: {},
      ticks: [
        [1, 50, 2, 950],
        [2, 10, 0, 0],
        [0, 0, 1, 300],
        [0, 5, 0, 100],
      ],
    });
    const joined = judged({
      harm: {},
      ticks: [
        [1, 50, 2, 950],
        [2, 10, 1, 300],
        [0, 5, 0, 100],
      ],
    });
    const [a, b, c] = joined.logE ?? [];
    expect(apart.logE).to.deep.equal([a, a, b, c]);
    expect(judged({ harm: {}, ticks: [[0, 0, 3, 100]] })).to.deep.equal({ logE: [0], rollbackAtTick: null });
    expect(judged({ safety: {}, ticks: [] })).to.deep.equal({ logF: [], safeAtTick: null });
  });
});
