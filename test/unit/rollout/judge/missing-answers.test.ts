import { expect } from "chai";
import { describeMissingAnswers } from "../../../../rollout/judge/missing-answers.ts";
import { checkEnded } from "../../../../rollout/stages/check-ended.ts";
import { aRoute, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { after, begun, type Did, SINCE, TICK_MS } from "./criteria.ts";
import { after as decidedAfter, recorded } from "./decided.ts";

/** The stable version had 20 requests a second before. */
const PACE = 1_200;

/** The evidence after so many ticks with a weight. */
const ticks = (count: number, stable: number, canary: Did = { total: 0 }) =>
  after(count, canary, { total: stable }, { from: { ...begun(), pace: PACE } });

describe("requests that wait for a canary that does not answer", () => {
  it("are missed where the stable version has only its own share", () => {
    expect(describeMissingAnswers(ticks(3, 100))).to.equal(undefined);
    expect(describeMissingAnswers(ticks(6, 100))).to.equal(
      "At the rate before the rollout, at least 800 requests would have come, so the missing ones may wait " +
        "for a canary that does not answer",
    );
    expect(describeMissingAnswers(ticks(100, 180)), "at a small weight, later").to.be.a("string");
  });

  it("are not missed where as many are answered as before, by either version", () => {
    expect(describeMissingAnswers(ticks(100, 200))).to.equal(undefined);
    expect(describeMissingAnswers(ticks(100, 100, { total: 100 }))).to.equal(undefined);
  });

  it("are not missed where the counters stand still, nor where nobody knows the pace", () => {
    const still = after(5, { total: 0 }, { total: 0 }, { from: ticks(20, 100) });
    expect(describeMissingAnswers(still)).to.equal(undefined);
    const { pace: _pace, ...unknown } = ticks(20, 100);
    expect(describeMissingAnswers(unknown)).to.equal(undefined);
  });

  it("are counted from the first whole tick of the step", () => {
    const judged = ticks(6, 100);
    const later = { ...judged, stepFrom: SINCE + TICK_MS + 1 };
    expect(describeMissingAnswers(later)).to.equal(undefined);
  });

  it("are counted from when those that began in the step may have ended", () => {
    const lasting = (count: number) =>
      after(
        count,
        { total: 0 },
        { total: 100 },
        { from: begun({ pace: PACE, median: 10 * (TICK_MS / 1000) }) },
      );
    expect(describeMissingAnswers(lasting(12))).to.equal(undefined);
    expect(describeMissingAnswers(lasting(16))).to.contain("at least 800 requests would have come");
  });

  it("roll the canary back at once, unless other requests come that no weight splits", () => {
    const decided = (more: object = {}) => {
      const routes = [carrying(aRoute(), 50, NOON)];
      const snapshot = {
        ...aRollout({ annotations: { "serin.dev/steps": "50" }, routes, now: NOON + 60_000 }),
        ...more,
      };
      const judged = { ...decidedAfter(1, snapshot, { total: 0 }, { total: 100 }), pace: PACE };
      return checkEnded({ ...snapshot, evidence: { judged, gates: {} } });
    };
    expect(recorded(decided() ?? { writes: [] })?.message).to.match(
      /^rolled back at 50% after 1m: the canary receives no requests although its weight is 50\.00%: stable had 600 in the same time\. At the rate before the rollout, at least 800 requests would have come/,
    );
    const backend = { service: { name: "web", port: { number: 80 } } };
    const ingresses = [{ metadata: { name: "old" }, spec: { defaultBackend: backend } }];
    expect(decided({ ingresses })).to.equal(undefined);
  });
});
