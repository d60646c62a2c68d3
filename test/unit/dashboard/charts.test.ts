import { expect } from "chai";
import { chartsOf } from "../../../dashboard/charts.ts";
import type { Counts } from "../../../rollout/judge/counters.ts";
import { replayOf } from "../../../rollout/replay/replay.ts";
import { instant } from "../../../rollout/text/instant.ts";
import { aPlan, NOON } from "../../support/builders.ts";

const TICK = 5_000;
const start = { since: NOON, from: NOON, tickMs: TICK, phi: 1, bounds: [0.25] };
const record = {
  ...{ step: 1, stepSince: instant(NOON + 50_000) },
  course: [
    { step: 0, weight: 10, at: instant(NOON) },
    { step: 1, weight: 50, at: instant(NOON + 50_000) },
  ],
};

/** Requests of one tick, of which some fail and some are slower than a quarter of a second. */
function counts(total: number, failed = 0, slow = 0): Counts {
  const atMost = [
    [0.25, total - slow],
    [Number.POSITIVE_INFINITY, total],
  ] as const;
  const codes = new Map([
    ["200", total - failed],
    ["500", failed],
  ]);
  return { total, failed, refused: 0, codes, pods: {}, atMost };
}

function points(ticks: number, canary = counts(10, 1, 2), stable = counts(90), annotations = {}) {
  const all = Array.from({ length: ticks }, (_, i) => ({
    at: NOON + (i + 1) * TICK,
    counts: { canary, stable },
    present: { canary: true, stable: true },
  }));
  return replayOf(record, aPlan(annotations), start, all);
}

describe("charts", () => {
  it("have one value for each time, and tell shares in percent and evidence in nats", () => {
    const charts = chartsOf("7", record, start, points(20));
    expect(charts.revision).to.equal("7");
    expect(charts.times).to.have.length(20);
    expect(charts.course).to.deep.equal([
      { at: NOON / 1000, step: 1, weight: 10 },
      { at: NOON / 1000 + 50, step: 2, weight: 50 },
    ]);
    expect([charts.failed.canary[19], charts.failed.stable[19], charts.failed.allowed[19]]).to.deep.equal([
      10, 0, 0.05,
    ]);
    const [slow] = charts.slow;
    // The canary's first half minute is a warm-up.
    expect([slow?.seconds, slow?.canary[0], slow?.canary[19], slow?.allowed[19]]).to.deep.equal([
      0.25,
      null,
      20,
      0.5,
    ]);
    expect([charts.traffic.granted[0], charts.traffic.granted[19], charts.traffic.measured[0]]).to.deep.equal(
      [10, 50, 10],
    );
    expect([charts.rate.canary[0], charts.rate.stable[0]]).to.deep.equal([2, 18]);
    expect(charts.evidence.harm[19]).to.be.above(charts.evidence.harmLimit);
  });

  it("have gaps where nothing was counted, and no limits where nothing is compared", () => {
    const silent = chartsOf("7", record, start, points(3, counts(0), counts(0)));
    expect(silent.failed.canary).to.deep.equal([null, null, null]);
    expect(silent.failed.allowed).to.deep.equal([null, null, null]);
    expect(silent.traffic.measured).to.deep.equal([null, null, null]);
    const uncompared = chartsOf(
      "7",
      record,
      start,
      points(3, undefined, undefined, { "serin.dev/compare": "off" }),
    );
    expect(uncompared.evidence.harm).to.deep.equal([null, null, null]);
    expect(uncompared.failed.allowed).to.deep.equal([null, null, null]);
    expect(uncompared.evidence.harmLimit).to.equal(0);
  });

  it("have at most 600 points: the evidence after the last tick of each, and the requests of all", () => {
    const charts = chartsOf("7", record, start, points(1_500));
    expect(charts.times).to.have.length(500);
    expect(charts.times.at(-1)).to.equal((NOON + 1_500 * TICK) / 1000);
    expect([charts.rate.stable[250], charts.traffic.measured[250]]).to.deep.equal([18, 10]);
  });

  it("of nothing are empty, and say why", () => {
    const charts = chartsOf("7", record, undefined, [], "no Prometheus");
    expect([charts.times, charts.slow, charts.says]).to.deep.equal([[], [], "no Prometheus"]);
    expect(charts.course).to.have.length(2);
  });
});
