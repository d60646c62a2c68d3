import { expect } from "chai";
import type { TemplateCheckState } from "../../../../rollout/judge/evidence.ts";
import type { Evidence } from "../../../../rollout/judge/fold.ts";
import { parseDuration } from "../../../../rollout/text/duration.ts";
import { after, aTerms, begun, checksOf } from "./criteria.ts";
import { gateOf, on, queue, verdict } from "./verdicts.ts";

const good = { total: 100 };

describe("the verdict without evidence", () => {
  it("is unread while Prometheus cannot be read, whatever the evidence before", () => {
    const judged = after(100, good, { total: 900 });
    expect(on(judged).kind).to.equal("safe");
    const unread = "Prometheus cannot be reached";
    expect(verdict({ judged, unread })).to.deep.equal({ kind: "unread", message: unread });
  });

  it("says so without any series of either version", () => {
    const present = { canary: false, stable: false };
    const judged = after(1, { total: 0 }, { total: 0 }, { more: { present } });
    expect(on(judged).kind).to.equal("no-series");
    expect(on(judged).message).to.match(/^Prometheus has no series of these backends/);
  });

  it("is early before the first tick, and before the first of a step", () => {
    const judged = after(100, good, { total: 900 });
    const first = { kind: "early", message: "the first tick of this step has not been read yet" };
    expect(verdict({})).to.deep.equal(first);
    expect(on(judged, aTerms({ stepFrom: judged.at }))).to.deep.equal(first);
  });

  it("is unread after three ticks and half a minute without a reading, but harm stays harm", () => {
    const [slow, quick] = [10_000, 5_000].map((tickMs) =>
      after(100, good, { total: 900 }, { from: begun({ tickMs }) }),
    ) as [Evidence, Evidence];
    for (const judged of [slow, quick]) {
      expect(verdict({ judged }, { now: judged.at + 30_000 }).kind).to.equal("safe");
      expect(verdict({ judged }, { now: judged.at + 31_000 })).to.deep.equal({
        kind: "unread",
        message: "the newest metrics that could be read are 31s old",
      });
    }
    const minutely = after(100, good, { total: 900 }, { from: begun({ tickMs: 60_000 }) });
    const kindAfter = (ms: number) => verdict({ judged: minutely }, { now: minutely.at + ms }).kind;
    expect([180_000, 181_000].map(kindAfter)).to.deep.equal(["safe", "unread"]);
    const bad = after(100, { total: 100, failed: 50 }, { total: 900 });
    expect(verdict({ judged: bad }, { now: bad.at + 600_000 }).kind).to.equal("harm");
  });

  it("is no-route if the canary had no request and chance is excluded", () => {
    const with0 = (requests: number) => after(1, { total: 0 }, { total: requests });
    // 0.9 ** 132 < 1e-6 < 0.9 ** 131
    expect(on(with0(131)).kind).to.equal("open");
    expect(on(with0(132))).to.deep.equal({
      kind: "no-route",
      message:
        "the canary receives no requests although its weight is 10.00%: stable had 132 in the same time",
    });
    const present = { canary: false, stable: true };
    const absent = after(1, { total: 0 }, { total: 132 }, { more: { present } });
    expect(on(absent).message).to.match(/; Prometheus has no series of the canary's backend$/);
    expect(verdict({ judged: with0(5_000) }, { share: 0.001 }).kind).to.equal("open");
    expect(verdict({ judged: with0(2) }, { share: 1 }).kind, "at 100 %").to.equal("open");
  });

  it("blames no canary whose requests last longer than its step: those that end at the stable version began before", () => {
    const streams = (median: number, ticks: number) =>
      on(after(ticks, { total: 0 }, { total: 200 }, { from: begun({ median }) })).kind;
    // Half of the requests take up to half an hour, and a tick is 10 s.
    expect(streams(1_800, 180)).to.equal("open");
    expect(streams(1_800, 181), "a tick of requests that began in the step").to.equal("no-route");
    expect(streams(0.005, 1)).to.equal("no-route");
  });

  it("is silent after a minute without a request, but not before four ticks", () => {
    const quiet = (ticks: number, tickMs: number) =>
      on(after(ticks, { total: 0 }, { total: 0 }, { from: begun({ tickMs }) }));
    expect(quiet(5, 10_000).kind).to.equal("open");
    expect(quiet(6, 10_000)).to.deep.equal({
      kind: "silent",
      message: "no requests to either version for 1m",
    });
    expect(quiet(3, 60_000).kind).to.equal("open");
    expect(quiet(4, 60_000).kind).to.equal("silent");
  });

  it("names the route, if there is one, as a possible cause if the requests ended when the canary Service joined it", () => {
    const quiet = after(6, { total: 0 }, { total: 0 }, { from: begun({ tickMs: 10_000 }) });
    const said = (judged: Evidence, hasRoutes: boolean) => verdict({ judged }, { hasRoutes }).message;
    const known = "no requests to either version for 1m, although stable had some right before the rollout";
    const cause = "if the gateway refuses the route with its canary Service, an abort restores the route";
    expect(said({ ...quiet, usual: 0 }, true)).to.equal(`${known}: ${cause}`);
    expect(said({ ...quiet, usual: 0 }, false), "a canary by pods").to.equal(known);
    const later = { ...quiet, at: quiet.at + 20_000, recent: { bad: 0, total: 1 }, usual: 0 };
    expect(said(later, true), "the last ones may be those before the first weight").to.equal(
      `${known}: ${cause}`,
    );
    expect(said({ ...later, at: later.at + 10_000 }, true), "they ended later").to.match(/for 1m$/);
  });
});

describe("the verdict: safety", () => {
  it("is safe if the evidence excludes that the next weight costs more than allowed", () => {
    const judged = after(3, good, { total: 900 });
    const { kind, message } = on(judged);
    expect(kind).to.equal("safe");
    expect(message).to.match(
      /^verified: evidence \d+:1 \(limit 20:1\) that the canary costs less than 0\.50% of all requests at 25%; canary 0 of 300 requests failed \(0\.00%\), stable 0 of 2700 \(0\.00%\)$/,
    );
  });

  it("needs more evidence for a larger next weight", () => {
    const judged = (nextShare: number) => {
      const terms = aTerms({ nextShare });
      return on(after(4, good, { total: 900 }, { terms }), terms).kind;
    };
    expect([0.25, 1].map(judged)).to.deep.equal(["safe", "weakly-safe"]);
  });

  it("is weakly safe if the evidence excludes only more than the largest loss", () => {
    const terms = aTerms({ nextShare: 1 });
    const { kind, message } = on(after(4, good, { total: 900 }, { terms }), terms);
    expect(kind).to.equal("weakly-safe");
    expect(message).to.match(
      /^verified only to within 5\.00% of all requests at 100%; safe [\d.]+:1 of 20:1/,
    );
  });

  it("is open meanwhile, with both odds, the missing requests and the time that they may take", () => {
    const few = (ticks: number) => on(after(ticks, { total: 10 }, { total: 90 }));
    const { kind, message } = few(12);
    expect(kind).to.equal("weakly-safe");
    expect(few(1).kind).to.equal("open");
    expect(message).to.match(/safe [\d.]+:1 of 20:1, harm [\d.]+:1 of 100:1; about \d+ more canary requests/);
    const [, requests, eta = ""] = /about (\d+) .* \((.*)\) to verify$/.exec(message) ?? [];
    const seconds = Number(parseDuration(eta)) / 1_000;
    expect(Number(requests) / seconds, "one a second, as so far").to.be.within(0.9, 1.1);
    expect(few(12 + Math.ceil(seconds / 10)).kind).to.equal("safe");
    expect(few(12 + Math.floor(seconds / 20)).kind).not.to.equal("safe");
  });

  it("is open without a time if no evidence speaks for safety", () => {
    const judged = after(2, { total: 20, failed: 2 }, { total: 180, failed: 2 });
    expect(on(judged).message).to.match(/^safe 0\.\d:1 of 20:1, harm .* canary 4 of 40 requests failed/);
  });

  it("needs every boundary of latency, too", () => {
    const terms = aTerms({ nextShare: 1 });
    const from = begun({ bounds: [0.1, 0.5] });
    const slow = (requests: number) => {
      const did = { total: 100, slow: [requests, 1] as const };
      return on(after(12, did, { total: 900, slow: [81, 9] }, { terms, from }), terms).kind;
    };
    expect([9, 13].map(slow)).to.deep.equal(["safe", "weakly-safe"]);
  });

  it("does not wait for latency that becomes warm in the middle of a short step, but at the last one", () => {
    const did = [
      { total: 300, slow: [33, 1] as const },
      { total: 2_700, slow: [243, 27] as const },
    ] as const;
    const first = after(2, ...did, { from: begun({ bounds: [0.1] }) });
    const kindAt = (nextShare: number) => {
      const terms = aTerms({ stepFrom: first.at, nextShare });
      return on(after(2, ...did, { terms, from: first }), terms).kind;
    };
    expect(kindAt(0.5)).to.equal("safe");
    expect(kindAt(1)).to.not.equal("safe");
  });

  it("foretells no time from a step in which the canary has had no requests", () => {
    for (let ticks = 1; ticks <= 20; ticks += 1) {
      const first = after(ticks, { total: 100 }, { total: 900, failed: 9 });
      const terms = aTerms({ stepFrom: first.at, nextShare: 1 });
      const { message } = on(after(1, { total: 0 }, { total: 5 }, { terms, from: first }), terms);
      expect(message, `after ${ticks} ticks`).to.match(/^safe [\d.]+:1 of 20:1/);
      expect(message, `after ${ticks} ticks`).to.not.contain("to verify");
    }
  });

  it("waits for checks and template checks, whatever the comparison says", () => {
    const terms = aTerms({ checks: checksOf("success-rate >= 99%") });
    const judged = after(30, { total: 100, failed: 1 }, { total: 900, failed: 9 }, { terms });
    const few = after(1, { total: 19 }, { total: 900 }, { terms });
    expect(on(few, terms)).to.deep.equal({
      kind: "open",
      message: "success-rate >= 99%: 100.00% of 19 requests succeeded; at least 20 requests are needed",
    });
    const with2 = after(2, { total: 100, failed: 2 }, { total: 900, failed: 50 }, { terms });
    expect(on(with2, terms)).to.deep.equal({
      kind: "open",
      message: "success-rate >= 99%: 98.00% of 200 requests succeeded",
    });
    expect(on(judged, terms).kind).to.equal("safe");
    const gated = (gate?: TemplateCheckState) =>
      verdict(
        { judged: after(30, good, { total: 900 }), gates: gate ? { "queue <= 5": gate } : {} },
        { templates: [queue] },
      );
    expect(gated()).to.deep.equal({ kind: "unread", message: "queue <= 5 has not been read yet" });
    expect(gated(gateOf(undefined))).to.deep.equal({
      kind: "open",
      message: "queue <= 5 cannot be judged: the query yields no value",
    });
    expect(gated(gateOf(4)).kind).to.equal("safe");
  });
});

describe("the verdict without a comparison", () => {
  it("depends on the checks alone", () => {
    const terms = aTerms({ compare: "off", checks: checksOf("success-rate >= 99%") });
    const worse = after(20, { total: 100, failed: 1 }, { total: 900 }, { terms });
    expect(on(worse, terms)).to.deep.equal({
      kind: "safe",
      message: "success-rate >= 99%: 99.00% of 2000 requests succeeded",
    });
  });

  it("depends on template checks alone if there are no others, and needs no metrics", () => {
    const terms = aTerms({ compare: "off" });
    const gates = { "queue <= 5": gateOf(3) };
    expect(verdict({ gates, unread: "no gateway counts" }, { terms, templates: [queue] })).to.deep.equal({
      kind: "safe",
      message: "queue <= 5: 3",
    });
  });

  it("is safe without any check", () => {
    expect(verdict({}, { terms: aTerms({ compare: "off" }) })).to.deep.equal({
      kind: "safe",
      message: "no checks; pods are healthy",
    });
  });

  it("says so where nothing counts the requests", () => {
    const terms = aTerms({ compare: "off" });
    expect(verdict({}, { terms, isUncounted: true }).message).to.equal(
      "not compared, because no route names a Service of these pods; no checks; pods are healthy",
    );
  });
});
