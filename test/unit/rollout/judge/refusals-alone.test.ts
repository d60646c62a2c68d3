import { expect } from "chai";
import type { Evidence } from "../../../../rollout/judge/fold.ts";
import { foldRefusalsAlone, logRefusedAlone } from "../../../../rollout/judge/refusals-alone.ts";
import { compareDefaults } from "../../../../rollout/plan/compare.ts";
import { cases } from "../../../support/cases.ts";
import { chance } from "../../../support/chance.ts";
import { after, aTerms, begun, checksOf, type Did } from "./criteria.ts";
import { threeSigma } from "./streams.ts";
import { on } from "./verdicts.ts";

const terms = aTerms({
  compare: "off",
  checks: checksOf("success-rate >= 99%"),
  alone: compareDefaults,
  nextShare: 1,
});
type Before = NonNullable<Evidence["refusalsBefore"]>;
/** One in a hundred of the stable version's answers was a 4xx in its worst minute. */
const usual: Before = { bad: 60, total: 6_000, phi: 1 };

/** The evidence after so many ticks without a request to the stable version. */
function alone(ticks: number, canary: Did, before: Before | undefined = usual, from?: Evidence): Evidence {
  const start = from ?? begun(before && { refusalsBefore: before });
  return after(ticks, canary, { total: 0 }, { terms, from: start });
}

/** Without numbers from before the rollout. */
const unknown = (ticks: number, canary: Did) => on(after(ticks, canary, { total: 0 }, { terms }), terms);

describe("the 4xx answers of a canary that has all requests", () => {
  it("roll it back if all of its answers are", () => {
    const { kind, message } = on(alone(3, { total: 50, refused: 50 }), terms);
    expect(kind, message).to.equal("harm");
    expect(message).to.match(
      /^4xx answers\. canary 150 of 150 requests got a 4xx answer or none \(100\.00%\), stable at worst 60 of 6000 \(1\.00%\) before the rollout\. Evidence .*:1 that the canary is worse than allowed \(limit 200:1; allowed: 2x stable \+ 5 pp\)\. Counted over 30s/,
    );
  });

  it("roll it back by the alpha that the user gives", () => {
    const limitAt = (alpha: number) => {
      const given = { ...terms, alone: { ...compareDefaults, alpha } };
      return /limit (\d+):1/.exec(on(alone(9, { total: 50, refused: 50 }), given).message)?.[1];
    };
    expect([0.05, 0.01, 0.001].map(limitAt)).to.deep.equal(["40", "200", "2000"]);
  });

  it("are told with the verdict if they are like those before", () => {
    expect(on(alone(10, { total: 50, refused: 1 }), terms)).to.deep.equal({
      kind: "safe",
      message:
        "success-rate >= 99%: 100.00% of 500 requests succeeded; canary 10 of 500 requests got a 4xx answer or none (2.00%), " +
        "stable at worst 60 of 6000 (1.00%) before the rollout",
    });
  });

  it("keep it from its promotion while they are more than allowed and too few to prove harm", () => {
    const { kind, message } = on(alone(10, { total: 100, refused: 8 }), terms);
    expect(kind, message).to.equal("open");
    expect(message).to.match(/^canary 80 of 1000 requests got a 4xx answer or none/);
  });

  it("decide nothing by one tick, however bad, nor by a handful of requests", () => {
    expect(on(alone(1, { total: 500, refused: 500 }), terms).kind).to.equal("open");
    const handful = alone(6, { total: 3, refused: 3 });
    expect(on(handful, terms).message).to.match(/at least 20 requests are needed/);
    expect(on(alone(1, { total: 3, refused: 3 }, usual, handful), terms).kind).to.equal("harm");
  });

  it("only hold it if nobody knows how many there were before, and it refuses most requests", () => {
    const refusing = unknown(30, { total: 50, refused: 50 });
    expect(refusing.kind).to.equal("open");
    expect(refusing.message).to.equal(
      "canary 1500 of 1500 requests got a 4xx answer or none (100.00%), stable had too few requests before the rollout to compare with",
    );
    expect(unknown(30, { total: 50, refused: 20 }).kind).to.equal("safe");
    const allowed = { ...terms, alone: { ...compareDefaults, refused: 1 } };
    const judged = after(30, { total: 50, refused: 50 }, { total: 0 }, { terms: allowed });
    expect(on(judged, allowed).kind).to.equal("safe");
  });

  it("of chosen users only hold it where they are most answers, whatever other users got before", () => {
    const chosen = { ...terms, isChosen: true } as const;
    const judged = (refused: number) =>
      on(
        after(
          30,
          { total: 50, refused },
          { total: 50 },
          { terms: chosen, from: begun({ refusalsBefore: usual }) },
        ),
        chosen,
      );
    expect(judged(50)).to.deep.equal({
      kind: "open",
      message: "canary 1500 of 1500 requests got a 4xx answer or none (100.00%)",
    });
    expect(judged(20)).to.deep.equal({
      kind: "safe",
      message:
        "success-rate >= 99%: 100.00% of 1500 requests succeeded; canary 600 of 1500 requests got a 4xx answer or none (40.00%)",
    });
  });

  it("are not those that nobody answered, if there is no other", () => {
    const hanging = new Map([["499", 50]]);
    const from = begun({ refusalsBefore: usual });
    const counts = { total: 50, failed: 0, refused: 50, codes: hanging, pods: {}, atMost: [] };
    const stable = { ...counts, total: 0, refused: 0, codes: new Map() };
    const judged = after(
      10,
      { total: 0 },
      { total: 0 },
      { terms, from, more: { counts: { canary: counts, stable } } },
    );
    expect(judged.refusalsAlone).to.deep.include({ bad: 0, total: 0 });
  });

  it("do not count where the plan compares nothing", () => {
    const { alone: _compare, ...off } = terms;
    const judged = after(
      10,
      { total: 50, refused: 50 },
      { total: 0 },
      { terms: off, from: begun({ refusalsBefore: usual }) },
    );
    expect(judged).not.to.have.property("refusalsAlone");
    expect(on(judged, off).kind).to.equal("safe");
  });

  const streams = [
    { what: "one in a hundred", rate: 0.01, perTick: 20, burst: 1 },
    { what: "one in five", rate: 0.2, perTick: 20, burst: 1 },
    { what: "one in twenty of many requests", rate: 0.05, perTick: 200, burst: 1 },
    { what: "bursts", rate: 0.05, perTick: 200, burst: 20 },
  ];
  for (const { what, rate, perTick, burst } of streams)
    it(`may be as many as are tolerated: chance rolls back at most 1 % of such canaries, ${what}`, () => {
      const runs = cases(300);
      const limit = Math.log(200);
      const rolledBack = Array.from({ length: runs }, (_, run) => {
        const random = chance(1_000 * run + perTick);
        const draw = (share: number) => {
          const together = Array.from({ length: perTick / burst }).filter(() => random() < share).length;
          return { bad: burst * together, total: perTick };
        };
        const share = 2 * rate + compareDefaults.refused;
        const refusalsBefore = { bad: rate * 6_000, total: 6_000, phi: burst };
        let refusalsAlone = foldRefusalsAlone({ refusalsBefore }, draw(share), terms);
        const isOver = () => logRefusedAlone(refusalsAlone) >= limit;
        for (let tick = 1; tick < 60 && !isOver(); tick += 1)
          refusalsAlone = foldRefusalsAlone({ refusalsBefore, refusalsAlone }, draw(share), terms);
        return isOver();
      }).filter(Boolean).length;
      expect(rolledBack / runs).to.be.at.most(threeSigma(0.01, runs));
    });
});
