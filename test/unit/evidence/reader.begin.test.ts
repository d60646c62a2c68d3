import { expect } from "chai";
import { EvidenceReader } from "../../../evidence/reader.ts";
import type { ReadTemplateChecks } from "../../../evidence/template-checks.ts";
import type { Findings, JudgeInput, TemplateCheckState } from "../../../rollout/judge/evidence.ts";
import { FakeClock } from "../../support/clock.ts";
import { rememberingLog } from "../../support/log.ts";
import { noNamesakes } from "../../support/namesakes.ts";
import { checksOf } from "../rollout/judge/criteria.ts";
import { aWatch, FakePrometheus } from "./metrics.ts";

const TICK = 5_000;
const FROM = Date.UTC(2026, 0, 1, 12);
const queue = { metric: "template", name: "queue", op: "<=", limit: 5, text: "queue <= 5" } as const;
const gate: TemplateCheckState = {
  reading: { kind: "value", value: 4 },
  holds: true,
  intervalMs: 60_000,
  at: FROM,
};

describe("the evidence of rollouts that begin", () => {
  const stop = new AbortController();
  after(() => stop.abort());
  let prometheus: FakePrometheus;
  beforeEach(() => {
    prometheus = new FakePrometheus();
  });

  function aReader(gates: ReadTemplateChecks = async (_watch, before) => before, now = FROM + 2_000) {
    const clock = new FakeClock(now);
    const log = rememberingLog();
    const told: string[] = [];
    const onRead = (uids: readonly string[]) => void told.push(...uids);
    const reader = new EvidenceReader({
      prometheus,
      namesakes: noNamesakes,
      gates,
      clock,
      log,
      signal: stop.signal,
      onRead,
    });
    return { reader, clock, log, told };
  }

  /** Buckets of both versions: nine of ten requests within 0.1 s, all within 0.5 s. */
  function serveLatency(service: string, since: number): void {
    for (const [name, rate, from] of [
      [service, 90, since],
      [`${service}-canary`, 10, FROM],
    ] as const) {
      for (const [le, share] of [
        ["0.1", 0.9],
        ["0.5", 1],
        ["+Inf", 1],
      ] as const) {
        const value = (at: number) =>
          at < from ? undefined : Math.floor(((at - from) / 1000) * rate * share);
        prometheus.series.push({ service: name, code: "200", le, value });
      }
    }
  }

  it("is read for hundreds together when a controller restarts", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `s${i}`);
    for (const name of names) prometheus.serve(name, FROM);
    const before = aReader();
    for (const name of names) before.reader.of(aWatch(name, FROM));
    await before.clock.advance(6 * TICK);
    const watches = names.map((name): JudgeInput => {
      const watch = aWatch(name, FROM);
      const known = before.reader.of(watch).judged;
      return known ? { ...watch, known } : watch;
    });
    expect(watches.every(({ known }) => known !== undefined)).to.equal(true);
    const asked = prometheus.asked.length;
    const after = aReader(undefined, FROM + 60_000);
    for (const watch of watches) after.reader.of(watch);
    await after.clock.advance(500);
    expect(prometheus.asked.length - asked, "of twenty each").to.be.at.most(10);
    for (const watch of watches) expect(after.reader.of(watch).judged?.at).to.equal(FROM + 55_000);
  });

  it("compares latency at the bounds that the last half hour suggests", async () => {
    prometheus.serve("web", FROM);
    serveLatency("web", FROM - 3_600_000);
    const { reader, clock } = aReader();
    reader.of(aWatch("web", FROM));
    await clock.advance(90_000);
    const { judged } = reader.of(aWatch("web", FROM));
    expect(judged?.bounds).to.deep.equal([0.1]);
    const [xc = 0, nc = 0] = judged?.latency[0]?.totals ?? [];
    expect([nc > 400, Math.round((10 * xc) / nc)]).to.deep.equal([true, 1]);
  });

  it("has a check's latency though nothing was there to count before the rollout", async () => {
    prometheus.serve("web", FROM);
    serveLatency("web", FROM - 1_000);
    const terms = { ...aWatch("web", FROM).terms, checks: checksOf("p99 <= 400ms") };
    const watch = aWatch("web", FROM, { terms });
    const { reader, clock } = aReader();
    reader.of(watch);
    await clock.advance(60_000);
    expect(reader.of(watch).judged?.guards["p99 <= 400ms"]?.total).to.be.above(400);
  });

  it("is counted as soon as people ask for a comparison, also in the middle of a rollout", async () => {
    prometheus.serve("web", FROM);
    const watch = aWatch("web", FROM);
    const off: JudgeInput = { ...watch, terms: { ...watch.terms, compare: "off" } };
    const { reader, clock } = aReader();
    reader.of(off);
    await clock.advance(30_000);
    expect(reader.of(off)).to.deep.equal({ gates: {} });
    expect(prometheus.asked).to.deep.equal([]);
    reader.of(watch);
    await clock.advance(10_000);
    expect(reader.of(watch).judged?.errors.totals[1]).to.be.above(300);
  });

  it("keeps gates for their step only", async () => {
    const { reader, clock } = aReader(async () => ({ "queue <= 5": gate }));
    const watch = aWatch("web", FROM, { templates: [queue] });
    reader.of(watch);
    await clock.advance(TICK);
    expect(reader.of(watch).gates).to.have.property("queue <= 5");
    const next = { ...watch, terms: { ...watch.terms, stepFrom: FROM + 10_000 } };
    expect(reader.of(next).gates).to.deep.equal({});
  });

  it("forgets a gate's answer that comes after its step", async () => {
    let answer: (gates: Findings["gates"]) => void = () => {};
    const { reader, clock } = aReader(() => new Promise((resolve) => (answer = resolve)));
    const watch = aWatch("web", FROM, { templates: [queue] });
    reader.of(watch);
    await clock.advance(TICK);
    const next = { ...watch, terms: { ...watch.terms, stepFrom: FROM + 10_000 } };
    reader.of(next);
    answer({ "queue <= 5": gate });
    await clock.advance(0);
    expect(reader.of(next).gates).to.deep.equal({});
  });

  it("is reported although the templates of another rollout cannot be read", async () => {
    prometheus.serve("web", FROM);
    const { reader, clock, log, told } = aReader(async () => {
      throw new Error("the API server is away");
    });
    reader.of(aWatch("api", FROM, { templates: [queue] }));
    reader.of(aWatch("web", FROM));
    await clock.advance(2 * TICK);
    expect(told).to.include("uid-web");
    expect(reader.of(aWatch("web", FROM)).judged?.errors.totals[1]).to.be.above(40);
    expect(log.lines[0]).to.equal("error: template check read failed");
    expect(log.fields[0]).to.include({ namespace: "shop", name: "api", uid: "uid-api" });
  });
});
