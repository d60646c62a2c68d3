import { expect } from "chai";
import fc from "fast-check";
import type { Comparison } from "../../../../rollout/judge/comparison.ts";
import { type Evidence, fold } from "../../../../rollout/judge/fold.ts";
import { logHarm } from "../../../../rollout/judge/harm-test.ts";
import { logSafety } from "../../../../rollout/judge/safety-test.ts";
import { chance } from "../../../support/chance.ts";
import { after, aTerms, begun, checksOf, countsOf, happened, SINCE, TICK_MS } from "./criteria.ts";
import { on } from "./verdicts.ts";

const logE = ({ harm }: Comparison) => logHarm(harm, { onset: true });
const nothing = { total: 0 };

describe("the fold of ticks", () => {
  it("counts ticks without traffic as silence only", () => {
    const busy = after(5, { total: 100, failed: 3 }, { total: 900, failed: 2 });
    const quiet = after(4, nothing, nothing, { from: busy });
    expect(quiet).to.deep.equal({ ...busy, at: busy.at + 4 * TICK_MS, silent: 4 });
    const resumed = after(1, { total: 1 }, nothing, { from: quiet });
    expect(resumed.silent).to.equal(0);
  });

  it("takes requests that their clients gave up for neither successes nor answers", () => {
    const terms = aTerms({ checks: checksOf("success-rate >= 99%") });
    for (const code of ["499", "CANCELLED"]) {
      const counts = {
        canary: { ...countsOf({ total: 40 }), codes: new Map([[code, 40]]) },
        stable: countsOf(nothing),
      };
      const more = { counts, pods: { canary: [], stable: [] } };
      const hanging = after(3, nothing, nothing, { terms, more });
      expect(hanging.guards["success-rate >= 99%"], code).to.deep.equal({ bad: 0, total: 0 });
      expect([hanging.quiet, hanging.silent], code).to.deep.equal([3, 0]);
      const { quiet } = after(1, { total: 1 }, nothing, { terms, from: hanging });
      expect(quiet, code).to.equal(0);
    }
  });

  it("counts the ticks, read as they come, before Prometheus has a series of either version", () => {
    const present = { canary: false, stable: false };
    const pods = { canary: [], stable: [] };
    const before = after(3, nothing, nothing, { more: { present, pods } });
    expect(before.uncounted).to.equal(3);
    const missed = after(50, nothing, nothing, { from: before, more: { present } });
    expect(missed.uncounted, "after an outage of Prometheus").to.equal(3);
    const more = { present: { ...present, stable: true }, pods };
    const counted = after(1, nothing, nothing, { from: missed, more });
    expect(counted).to.not.have.property("uncounted");
    const gone = after(9, nothing, nothing, { from: counted, more: { present, pods } });
    expect(gone, "when the series end").to.not.have.property("uncounted");
  });

  it("carries the requests of one version until both have served", () => {
    const alone = after(3, nothing, { total: 300, failed: 2 });
    expect(alone.errors.carried).to.deep.equal([0, 0, 6, 900]);
    expect(alone.errors.harm.t).to.equal(0);
    const both = after(1, { total: 10, failed: 1 }, nothing, { from: alone });
    expect(both.errors.carried).to.deep.equal([0, 0, 0, 0]);
    const once = after(1, { total: 10, failed: 1 }, { total: 900, failed: 6 });
    expect(both.errors.harm).to.deep.equal(once.errors.harm);
    expect(both.errors.totals).to.deep.equal(once.errors.totals);
  });

  const HALF = Math.log(20) / 2;

  it("begins a step with at most half of the evidence of safety that it needs, and keeps the rest", () => {
    const first = after(60, { total: 100, failed: 1 }, { total: 900, failed: 9 });
    const terms = aTerms({ stepFrom: first.at, nextShare: 0.5 });
    const second = fold(first, happened(first.at + TICK_MS, nothing, nothing), terms);
    expect(logSafety(first.errors.safety)).to.be.above(HALF);
    expect(logSafety(second.errors.safety)).to.be.closeTo(HALF, 1e-12);
    expect(logSafety(second.errors.weakly)).to.be.closeTo(HALF, 1e-12);
    expect(second.errors.safety.start).to.be.closeTo(HALF, 1e-12);
    expect(second.inStep).to.deep.equal({ canary: 0, stable: 0 });
    const { harm, totals, lowest } = first.errors;
    expect(second.errors).to.deep.include({ harm, totals, lowest });
    expect(second.codes).to.deep.equal(first.codes);
  });

  it("begins a step with what the ticks before say about the step's own margin", () => {
    const good = [
      { total: 10, failed: 0 },
      { total: 90, failed: 0 },
    ] as const;
    const first = after(3, ...good);
    const terms = aTerms({ stepFrom: first.at, nextShare: 1 });
    const second = fold(first, happened(first.at + TICK_MS, ...good), terms);
    const all = after(4, ...good, { terms: aTerms({ nextShare: 1 }) });
    expect(logSafety(second.errors.safety)).to.be.closeTo(logSafety(all.errors.safety), 1e-12);
    expect(logSafety(second.errors.safety)).to.be.below(HALF);
  });

  it("counts the part of a tick in which the step began once a whole tick tells it", () => {
    const first = after(20, { total: 100 }, { total: 900 });
    const terms = aTerms({ stepFrom: first.at + 1, nextShare: 0.5 });
    const mixed = after(1, { total: 220 }, { total: 780 }, { from: first, terms });
    expect(logSafety(mixed.errors.safety)).to.be.closeTo(HALF, 1e-12);
    const whole = after(1, { total: 250 }, { total: 750 }, { from: mixed, terms });
    const without = after(1, { total: 100 }, { total: 900 }, { from: first, terms });
    const alone = after(1, { total: 250 }, { total: 750 }, { from: without, terms });
    expect(logSafety(alone.errors.safety)).to.be.above(HALF);
    expect(logSafety(whole.errors.safety)).to.be.above(logSafety(alone.errors.safety) + 1);
    expect(whole.errors.mixed).to.equal(undefined);
  });

  it("counts no part of a tick for the step if the step before had no requests in a whole tick", () => {
    const atTen = after(20, { total: 100 }, { total: 900 });
    const terms = aTerms({ stepFrom: atTen.at, nextShare: 0.9 });
    const quiet = after(2, nothing, nothing, { from: atTen, terms });
    const next = aTerms({ stepFrom: quiet.at + 1, nextShare: 1 });
    const mixed = after(1, { total: 480 }, { total: 520 }, { from: quiet, terms: next });
    expect(mixed.errors.mixed).to.equal(undefined);
  });

  it("counts no part of a tick for the step if another step began and ended in it", () => {
    const from = after(20, { total: 100 }, { total: 900 });
    const mixedAfter = (leftFrom: number) => {
      const terms = aTerms({ stepFrom: from.at + 2, leftFrom, nextShare: 1 });
      return after(1, { total: 480 }, { total: 520 }, { from, terms }).errors.mixed;
    };
    expect(mixedAfter(from.at + 1)).to.equal(undefined);
    expect(mixedAfter(SINCE)?.tick).to.deep.equal([0, 480, 0, 520]);
  });

  it("lets a tick in which a step began count for its start if the shares tell no part of it", () => {
    const first = after(2, { total: 10 }, { total: 10 });
    const terms = aTerms({ stepFrom: first.at + 1, nextShare: 1 });
    const mixed = after(1, { total: 11 }, { total: 9 }, { from: first, terms });
    const whole = after(1, { total: 12 }, { total: 8 }, { from: mixed, terms });
    const before = after(1, { total: 11 }, { total: 9 }, { from: first });
    const later = aTerms({ stepFrom: before.at, nextShare: 1 });
    const expected = after(1, { total: 12 }, { total: 8 }, { from: before, terms: later });
    expect(whole.errors.safety).to.deep.equal(expected.errors.safety);
    expect(whole.errors.weakly).to.deep.equal(expected.errors.weakly);
  });

  it("adds a tick in which the first step began to what the step begins with", () => {
    const terms = aTerms({ stepFrom: SINCE + 1 });
    const mixed = after(1, { total: 50 }, { total: 900 }, { terms });
    expect(logSafety(mixed.errors.safety)).to.be.within(0.1, HALF);
    expect(mixed.errors.mixed).to.equal(undefined);
  });

  it("begins no step with evidence that an earlier version recorded, and goes on from there", () => {
    const first = after(20, { total: 100 }, { total: 900 });
    const { sums: _sums, ...errors } = first.errors;
    const terms = aTerms({ stepFrom: first.at, nextShare: 0.5 });
    const same = after(1, { total: 100 }, { total: 900 }, { from: { ...first, errors } });
    expect(same.errors.safety).to.deep.equal(after(21, { total: 100 }, { total: 900 }).errors.safety);
    const second = fold({ ...first, errors }, happened(first.at + TICK_MS, nothing, nothing), terms);
    expect(logSafety(second.errors.safety)).to.equal(0);
    const third = after(1, { total: 100 }, { total: 900 }, { from: second, terms });
    const next = aTerms({ stepFrom: third.at, nextShare: 1 });
    const fourth = fold(third, happened(third.at + TICK_MS, nothing, nothing), next);
    expect(logSafety(fourth.errors.safety)).to.be.within(0.1, HALF);
  });

  it("counts a tick that began before the step among the requests of no step", () => {
    const terms = aTerms({ stepFrom: SINCE + 1 });
    const straddling = after(1, { total: 100 }, { total: 900 }, { terms });
    expect(straddling.errors.harm.t).to.equal(1);
    expect(straddling.inStep).to.deep.equal({ canary: 0, stable: 0 });
    const inside = after(1, { total: 100 }, { total: 900 }, { terms, from: straddling });
    expect(inside.inStep).to.deep.equal({ canary: 100, stable: 900 });
    expect(inside.errors.safety.logL).to.have.length(5);
  });

  it("ignores slow requests for 30 s, and never failures", () => {
    const slow = { total: 100, slow: [60, 40] as const };
    const fast = { total: 900, slow: [90, 9] as const };
    const from = begun({ bounds: [0.1, 0.5] });
    const cold = after(3, { ...slow, failed: 50 }, fast, { from });
    expect(cold.latency.map(({ totals }) => totals)).to.deep.equal([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(logE(cold.errors)).to.be.above(Math.log(100));
    const warm = after(1, slow, fast, { from: cold });
    expect(warm.latency.map(({ totals }) => totals)).to.deep.equal([
      [60, 100, 90, 900],
      [40, 100, 9, 900],
    ]);
  });

  it("takes a canary that had hardly any requests for cold when they come", () => {
    const one = { total: 1, slow: [0, 0] as const };
    const slow = { total: 100, failed: 1, slow: [90, 60] as const };
    const busy = { total: 900, slow: [90, 9] as const };
    const night = after(60, one, one, { from: begun({ bounds: [0.1, 0.5] }) });
    const morning = after(3, slow, busy, { from: night });
    expect(morning.latency.map(({ totals: [, requests] }) => requests)).to.deep.equal([57, 57]);
    expect(morning.errors.totals).to.deep.equal([3, 360, 0, 2_760]);
    expect(on(morning).kind).to.equal("open");
    const later = after(3, slow, busy, { from: morning });
    expect(on(later))
      .to.have.property("message")
      .that.matches(/^latency\. /);
  });

  it("takes a canary that gets some times as many requests for as warm as it was", () => {
    const at = (total: number) => ({ total, slow: [total / 2, total / 4] as const });
    const first = after(6, at(100), at(900), { from: begun({ bounds: [0.1, 0.5] }) });
    const next = after(1, at(500), at(500), { from: first });
    expect(next.latency.map(({ totals: [, requests] }) => requests)).to.deep.equal([800, 800]);
  });

  it("counts for each check, and the canary's failures by status and pod", () => {
    const checks = checksOf("success-rate >= 99%, p99 <= 400ms");
    const judged = after(
      3,
      { total: 100, failed: 2, slow: [9, 4], pod: "web-1" },
      { total: 900, failed: 8, slow: [9, 9], code: "500" },
      { terms: aTerms({ checks }) },
    );
    expect(judged.guards).to.deep.equal({
      "success-rate >= 99%": { bad: 6, total: 300 },
      "p99 <= 400ms": { bad: 12, total: 300 },
    });
    expect(judged.codes).to.deep.equal({ "503": 6 });
    expect(judged.pods).to.deep.equal({ "web-1": 6 });
  });

  it("records when the evidence was lowest, because the evidence since then made the verdict", () => {
    const good = after(10, { total: 100 }, { total: 900 });
    const bad = after(5, { total: 100, failed: 20 }, { total: 900 }, { from: good });
    expect(bad.errors.lowest.at).to.equal(good.at);
  });

  it("divides evidence by dispersion", () => {
    const [one, four] = [1, 4].map((phi) =>
      after(3, { total: 100, failed: 3 }, { total: 900 }, { from: begun({ phi }) }),
    );
    expect(logE((four as Evidence).errors)).to.be.within(0, logE((one as Evidence).errors) / 2);
  });

  const did = fc.nat(200).chain((total) =>
    fc.record({
      total: fc.constant(total),
      failed: fc.nat(Math.min(total, 10)),
      slow: fc.nat(total).map((slow) => [slow, Math.floor(slow / 3)] as const),
      code: fc.constantFrom("500", "503"),
    }),
  );
  const pod = fc.record({ name: fc.constantFrom("a", "b"), restarts: fc.nat(3) });
  const step = fc.record({ canary: did, stable: did, pods: fc.option(fc.array(pod)), step: fc.nat(9) });

  it("survives JSON at any tick, bit by bit", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.nat(30), (steps, stop) => {
        let [whole, saved] = [0, 0].map(() => begun({ bounds: [0.1, 0.5], phi: 1.7 })) as [
          Evidence,
          Evidence,
        ];
        let terms = aTerms({ checks: checksOf("success-rate >= 99%, p99 <= 400ms") });
        steps.forEach(({ canary, stable, pods, step }, i) => {
          if (step === 0) terms = { ...terms, stepFrom: whole.at };
          const looked = pods?.map(({ name, restarts }) => ({
            metadata: { name },
            status: { containerStatuses: [{ name: "main", restartCount: restarts }] },
          }));
          const more = looked ? { pods: { canary: looked, stable: looked } } : {};
          const tick = happened(whole.at + TICK_MS, canary, stable, more);
          if (i === stop) saved = JSON.parse(JSON.stringify(saved));
          whole = fold(whole, tick, terms);
          saved = fold(saved, tick, terms);
        });
        expect(saved).to.deep.equal(whole);
        expect(JSON.parse(JSON.stringify(whole))).to.deep.equal(whole);
      }),
    );
  });

  it("stays smaller than 4,000 bytes", () => {
    const random = chance(3);
    const codes = ["500", "502", "503", "504", "599"];
    let judged = begun({ bounds: [0.05, 0.1, 0.25], phi: 1.2345678901234567 });
    const terms = aTerms({ checks: checksOf("success-rate >= 99%, p99 <= 500ms") });
    const counts = () => ({
      ...countsOf({
        total: 1_000,
        failed: Math.floor(20 * random()),
        code: codes[Math.floor(5 * random())] ?? "",
      }),
      atMost: [0.05, 0.1, 0.25, 0.5, Number.POSITIVE_INFINITY].map((le, i): [number, number] => [
        le,
        i === 4 ? 1_000 : Math.floor(700 + 60 * (i + random())),
      ]),
    });
    for (let i = 0; i < 1_000; i += 1) {
      const tick = { at: judged.at + TICK_MS, counts: { canary: counts(), stable: counts() } };
      judged = fold(judged, { ...tick, present: { canary: true, stable: true } }, terms);
    }
    expect(Object.keys(judged.codes)).to.have.length(5);
    expect(JSON.stringify(judged).length).to.be.below(4_000);
  });
});
