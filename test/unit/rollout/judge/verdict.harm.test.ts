import { expect } from "chai";
import type { Criteria } from "../../../../rollout/judge/criteria.ts";
import { type Compare, compareDefaults } from "../../../../rollout/plan/compare.ts";
import { after, aTerms, begun, checksOf } from "./criteria.ts";
import { gateOf, on, queue, verdict } from "./verdicts.ts";

const good = { total: 100 };
const stable = { total: 900, failed: 1 };

describe("the verdict: harm", () => {
  it("names errors, with both counts, evidence, limit, tolerance, onset, cost, place and the metrics that are fine", () => {
    const from = after(6, good, stable, { from: begun({ bounds: [0.5], phi: 1.3 }) });
    const slow = { slow: [9, 1] as const };
    const bad = { total: 100, failed: 8, pod: "web-1", ...slow };
    const judged = after(3, bad, { ...stable, slow: [90, 9] }, { from });
    const { kind, message } = on(judged);
    expect(kind).to.equal("harm");
    const parts = [
      /^errors\. canary 24 of 900 requests failed \(2\.67%\), stable 9 of 8100 \(0\.11%\): 24\.0x\. /,
      /Evidence \d{3,}:1 that the canary is worse than allowed \(limit 100:1; allowed: 1\.2x stable \+ 0\.05 pp\), growing since 14:03:00\. /,
      /24 of its requests failed \(status 503 x24; pods web-1 x24\)\. /,
      /No evidence of harm by latency and 4xx answers\. /,
      /Counted over 1m30s in ticks of 10s, dispersion 1\.3$/,
    ];
    for (const part of parts) expect(message).to.match(part);
  });

  it("names latency, with the bound and its own tolerance", () => {
    const from = begun({ bounds: [0.1, 0.5] });
    const judged = after(8, { ...good, slow: [40, 20] }, { ...stable, slow: [90, 9] }, { from });
    const { kind, message } = on(judged);
    expect(kind).to.equal("harm");
    expect(message).to.match(
      /^latency\. canary 100 of 500 requests took longer than 500ms \(20\.00%\), stable 45 of 4500/,
    );
    expect(message)
      .to.include("allowed: 1.2x stable + 0.5 pp")
      .and.to.include("No evidence of harm by errors");
  });

  it("names restarts, with the pods", () => {
    const pod = (name: string, restarts: number) => ({
      metadata: { name },
      status: { containerStatuses: [{ name: "main", restartCount: restarts }] },
    });
    let judged = begun();
    for (let n = 0; n < 8; n += 1) {
      const steady = Array.from({ length: 9 }, (_, i) => pod(`stable-${i}`, 3));
      const pods = { canary: [pod("web-1", n)], stable: steady };
      judged = after(1, good, stable, { from: judged, more: { pods } });
    }
    const { kind, message } = on(judged);
    expect(kind).to.equal("harm");
    expect(message).to.match(/^restarts\. containers restarted: canary 7 in 80 pod-seconds, stable 0 in 720/);
    expect(message).to.include("allowed: 1.2x stable + one a day").and.to.include("restarts of web-1 x7");
  });

  it("names a check that is broken beyond chance, although the stable version breaks it, too", () => {
    const terms = aTerms({ checks: checksOf("success-rate >= 99%") });
    const both = after(6, { total: 100, failed: 10 }, { total: 900, failed: 90 }, { terms });
    const { kind, message } = on(both, terms);
    expect(kind).to.equal("harm");
    expect(message).to.match(
      /^success-rate >= 99% is broken: 90\.00% of 600 requests succeeded; evidence [\d,over ]+:1, limit 200:1\. In the same time canary 60 of 600 requests failed \(10\.00%\), stable 540 of 5400 \(10\.00%\): 1\.0x \(status 503 x60\)\. /,
    );
    expect(on(after(6, { total: 100, failed: 10 }, { total: 900, failed: 90 })).kind).not.to.equal("harm");
  });

  it("names a template check that was broken for a whole interval, and not before", () => {
    const judged = after(10, good, { total: 900 });
    const at = (...values: number[]) =>
      verdict({ judged, gates: { "queue <= 5": gateOf(...values) } }, { templates: [queue] });
    expect(at(9, 9, 9, 9)).to.deep.equal({ kind: "open", message: "queue <= 5 is broken: 9" });
    expect(at(9, 9, 9, 9, 8)).to.deep.equal({
      kind: "harm",
      message: "queue <= 5: 8; broken in every reading since 14:02:00",
    });
  });

  describe("by 4xx answers", () => {
    const kindOf = (canary: number, others: number, compare: Partial<Compare> = {}) => {
      const terms = aTerms({ compare: { ...compareDefaults, ...compare } });
      const did = [
        { total: 100, refused: canary },
        { total: 900, refused: others },
      ] as const;
      return on(after(4, ...did, { terms }), terms);
    };

    it("is harm if every request is answered 404, with the numbers", () => {
      const { kind, message } = kindOf(100, 9);
      expect(kind).to.equal("harm");
      expect(message).to.match(
        /^4xx answers\. canary 400 of 400 requests got a 4xx answer or none \(100\.00%\), stable 36 of 3600 \(1\.00%\): 100\.0x\. Evidence .* \(limit 100:1; allowed: 2x stable \+ 5 pp\)/,
      );
    });

    for (const [what, canary, others, compare, expected] of [
      ["no more than the stable version's", 30, 270, {}, false],
      ["within twice the stable version's and five points", 15, 45, {}, false],
      ["from a version behind the same login as the stable one", 95, 855, {}, false],
      ["from a version that refuses a third", 33, 9, {}, true],
      ["from the same, as the plan allows it", 33, 9, { refused: 0.5 }, false],
      ["from one that refuses all, as the plan allows it", 100, 9, { refused: 1 }, false],
    ] as const) {
      it(`is ${expected ? "" : "no "}harm: ${what}`, () => {
        expect(kindOf(canary, others, compare).kind === "harm").to.equal(expected);
      });
    }

    it("is decided by two ticks at the least", () => {
      const one = after(1, { total: 1_000, refused: 1_000 }, { total: 9_000 });
      expect(on(one).kind).to.not.equal("harm");
    });
  });

  it("is never based on three requests, by whatever check", () => {
    for (const compare of [compareDefaults, "off"] as const) {
      const terms = aTerms({ compare, checks: checksOf("success-rate >= 99.999%, p99 <= 400ms") });
      const judged = after(
        1,
        { total: 3, failed: 3, slow: [3, 3] },
        { total: 1_000, slow: [0, 0] },
        { terms },
      );
      expect(on(judged, terms)).to.deep.include({ kind: "open" });
    }
  });

  it("holds even if the metrics cannot be read now", () => {
    const judged = after(3, { total: 100, failed: 20 }, stable);
    expect(verdict({ judged, unread: "Prometheus is away" }).kind).to.equal("harm");
  });
});

describe("the verdict: the limits share alpha", () => {
  const limitIn = (terms: Criteria) => {
    const judged = after(5, { total: 100, failed: 50 }, { total: 900 }, { terms });
    return /limit ([\d.,]+):1/.exec(on(judged, terms).message)?.[1];
  };
  const one = checksOf("success-rate >= 99%");
  const two = checksOf("success-rate >= 99%, p99 <= 400ms");
  const cases: [string, Partial<Criteria>, string][] = [
    ["the comparison takes all of it without checks", {}, "100"],
    ["the comparison takes half of it with checks", { checks: one }, "200"],
    ["the same of another alpha", { compare: { ...compareDefaults, alpha: 0.001 } }, "1000"],
    ["a check takes all of it without a comparison", { compare: "off", checks: one }, "100"],
    ["several checks share their part", { compare: "off", checks: two }, "200"],
  ];
  for (const [what, terms, limit] of cases) it(what, () => expect(limitIn(aTerms(terms))).to.equal(limit));

  it("the message of an open verdict has the same limit", () => {
    const checks = one;
    const open = (terms: Criteria) => on(after(1, good, stable, { terms }), terms).message;
    expect(open(aTerms())).to.match(/harm [\d.]+:1 of 100:1/);
    expect(open(aTerms({ checks }))).to.match(/harm [\d.]+:1 of 200:1/);
  });
});
