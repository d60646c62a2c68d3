import { expect } from "chai";
import type { JudgeInput } from "../../../rollout/judge/evidence.ts";
import { type Evidence, noEvidence } from "../../../rollout/judge/fold.ts";
import { FakeClock } from "../../support/clock.ts";
import { aWatch, FakePrometheus, readerOf } from "./metrics.ts";

const TICK = 5_000;
const FROM = Date.UTC(2026, 0, 1, 12);
const stop = new AbortController();

/** All that is counted by requests, to the last bit. No store keeps when pods restarted: that starts with the reader. */
function counted(judged: Evidence | undefined): string {
  const { restarts: _restarts, ...rest } = judged ?? {};
  return JSON.stringify(rest);
}

const aReader = (
  prometheus: FakePrometheus,
  watches: readonly JudgeInput[],
  clock = new FakeClock(FROM + 2_000),
) => readerOf(prometheus, watches, { clock, signal: stop.signal });

describe("the evidence", () => {
  after(() => stop.abort());
  let prometheus: FakePrometheus;
  beforeEach(() => {
    prometheus = new FakePrometheus();
    prometheus.serve("web", FROM);
  });
  const watch = aWatch("web", FROM);

  it("is folded tick by tick, and counts what both versions served since the first weight", async () => {
    const { reader, clock } = aReader(prometheus, [watch]);
    await clock.advance(60_000);
    const { judged, unread } = reader.of(watch);
    expect(unread).to.equal(undefined);
    expect(judged?.at).to.equal(FROM + 60_000);
    expect(judged?.errors.totals[1]).to.be.closeTo(600, 2);
    expect(judged?.errors.totals[3]).to.be.closeTo(5_400, 2);
    expect(judged?.errors.harm.t).to.be.within(11, 12);
  });

  for (const [scraped, phase] of [
    [[3_100], 3_500],
    [[3_290], 3_500],
    [[3_301], 4_000],
    [[4_900], 500],
    [[1_000, 3_000, 3_200], 3_500],
  ] as const) {
    it(`has ticks that end right after the scrapes: at ${phase} ms for scrapes at ${scraped} ms`, async () => {
      prometheus.scraped = scraped;
      const { reader, clock } = aReader(prometheus, [watch]);
      await clock.advance(30_000);
      const { judged } = reader.of(watch);
      expect(judged?.from).to.equal(FROM - TICK + phase);
      expect(judged?.at).to.be.within(FROM + 25_000, FROM + 31_000);
      expect((judged?.at ?? 0) % TICK).to.equal(phase);
    });
  }

  it("has ticks at multiples of their length where scrapes have no fixed place in them", async () => {
    prometheus.scraped = [1_100];
    prometheus.scrape = 2_000;
    const { reader, clock } = aReader(prometheus, [watch]);
    await clock.advance(10_000);
    expect(reader.of(watch).judged?.from).to.equal(FROM);
  });

  it("is read at their own instants of rollouts with different ticks", async () => {
    prometheus.serve("api", FROM);
    const known = { ...noEvidence({ since: FROM, from: FROM - 2_000, tickMs: TICK, phi: 1, bounds: [] }) };
    const other = aWatch("api", FROM, { known });
    const { reader, clock } = aReader(prometheus, [watch, other]);
    await clock.advance(60_000);
    expect(reader.of(watch).judged?.at).to.equal(FROM + 60_000);
    expect(reader.of(other).judged?.at).to.equal(FROM + 58_000);
    for (const { judged } of [reader.of(watch), reader.of(other)])
      expect(judged?.errors.totals[1]).to.be.within(570, 602);
  });

  it("is the same bit by bit for a controller that restarts at any tick, with its record or without", async () => {
    const { reader, clock } = aReader(prometheus, [watch]);
    const records = [];
    for (let tick = 0; tick < 24; tick += 1) {
      await clock.advance(TICK);
      records.push(reader.of(watch).judged);
    }
    const end = reader.of(watch).judged;
    for (const known of [undefined, records[3], records[11], records[22]]) {
      const again = known === undefined ? watch : { ...watch, known };
      const { reader: other, clock: later } = aReader(
        prometheus,
        [again],
        new FakeClock(clock.now() - 1_000),
      );
      for (let i = 0; i < 10; i += 1) await later.advance(100);
      expect(counted(other.of(again).judged)).to.equal(counted(end));
    }
  });

  it("costs a controller that takes over three instants of the past, and the ticks that were missed", async () => {
    const { reader, clock } = aReader(prometheus, [watch]);
    await clock.advance(900_000);
    const known = reader.of(watch).judged;
    prometheus.asked.length = 0;
    const { clock: later } = aReader(
      prometheus,
      [{ ...watch, ...(known && { known }) }],
      new FakeClock(clock.now() + 30_000),
    );
    for (let i = 0; i < 10; i += 1) await later.advance(100);
    const requests = prometheus.asked.filter(({ promql }) => !promql.includes("_bucket"));
    const instants = requests.map(({ grid: { from, to, stepMs } }) => (to - from) / stepMs + 1);
    expect(instants).to.deep.equal([3, 6]);
  });

  for (const away of [2 * TICK, 300_000]) {
    it(`is the same after Prometheus was away for ${away / 1000} s, and says so meanwhile`, async () => {
      const [one, other] = [aReader(prometheus, [watch]), aReader(prometheus, [watch])];
      const undisturbed = new FakePrometheus();
      undisturbed.serve("web", FROM);
      const calm = aReader(undisturbed, [watch]);
      for (const { clock } of [one, other, calm]) await clock.advance(30_000);
      prometheus.up = false;
      await one.clock.advance(away);
      expect(one.reader.of(watch)).to.include({ unread: "Prometheus cannot be reached" });
      expect(one.reader.of(watch).judged).to.deep.equal(other.reader.of(watch).judged);
      prometheus.up = true;
      await one.clock.advance(2 * TICK);
      await calm.clock.advance(away + 2 * TICK);
      expect(one.reader.of(watch)).to.not.have.property("unread");
      expect(counted(one.reader.of(watch).judged)).to.equal(counted(calm.reader.of(watch).judged));
    });
  }

  it("is read a second after Prometheus is back, with every tick that was missed", async () => {
    const { reader, clock, told } = aReader(prometheus, [watch]);
    await clock.advance(30_000);
    prometheus.up = false;
    await clock.advance(24_000);
    expect(reader.of(watch)).to.include({ unread: "Prometheus cannot be reached" });
    const before = told.length;
    prometheus.up = true;
    await clock.advance(1_100);
    expect(reader.of(watch)).to.not.have.property("unread");
    expect(reader.of(watch).judged?.at).to.equal(FROM + 55_000);
    expect(told.slice(before).flat()).to.deep.equal([watch.uid]);
  });

  it("is read when the pause for which Prometheus asks is over", async () => {
    const { reader, clock } = aReader(prometheus, [watch]);
    await clock.advance(30_000);
    Object.assign(prometheus, { up: false, pauseMs: 20_000, refused: 0 });
    await clock.advance(26_000);
    expect(prometheus.refused, "the first read, and one after the pause").to.equal(2);
    prometheus.up = true;
    await clock.advance(20_000);
    expect(reader.of(watch)).to.not.have.property("unread");
  });

  it("is the same where answers are too long to be read at once, for many rollouts and after an outage", async () => {
    const watches = ["web", "api", "shop"].map((service) => aWatch(service, FROM));
    for (const service of ["api", "shop"]) prometheus.serve(service, FROM);
    const calm = aReader(prometheus, watches);
    await calm.clock.advance(1_260_000);
    const narrow = new FakePrometheus();
    for (const service of ["web", "api", "shop"]) narrow.serve(service, FROM);
    // The four series of one rollout at 200 instants: the outage has 240.
    narrow.most = 800;
    const { reader, clock } = aReader(narrow, watches);
    await clock.advance(30_000);
    narrow.up = false;
    await clock.advance(1_200_000);
    narrow.up = true;
    await clock.advance(30_000);
    for (const each of watches) {
      expect(reader.of(each)).to.not.have.property("unread");
      expect(counted(reader.of(each).judged)).to.equal(counted(calm.reader.of(each).judged));
    }
  });

  it("costs one query a tick and metric, for hundreds of rollouts too", async () => {
    const many = Array.from({ length: 300 }, (_, i) => aWatch(`s${i}`, FROM));
    for (const { subject } of many) prometheus.serve(subject.target, FROM);
    const { clock } = aReader(prometheus, many);
    await clock.advance(3 * TICK);
    const before = prometheus.asked.length;
    await clock.advance(4 * TICK);
    expect((prometheus.asked.length - before) / 4).to.be.at.most(2);
    expect(prometheus.asked.slice(before).every(({ grid }) => grid.from === grid.to)).to.equal(true);
  });

  for (const [scrape, tick] of [
    [2_000, 5_000],
    [15_000, 15_000],
    [120_000, 60_000],
    [undefined, 5_000],
  ] as const) {
    it(`has ticks of ${tick / 1000} s where the gateway is scraped every ${scrape ?? "unknown"} ms`, async () => {
      prometheus.scrape = scrape;
      const { reader, clock } = aReader(prometheus, [watch]);
      await clock.advance(61_000);
      expect(reader.of(watch).judged?.tickMs).to.equal(tick);
    });
  }

  it("begins when Prometheus can be asked", async () => {
    prometheus.up = false;
    const { reader, clock } = aReader(prometheus, [watch]);
    await clock.advance(20_000);
    expect(reader.of(watch)).to.deep.equal({ gates: {}, unread: "Prometheus cannot be reached" });
    prometheus.up = true;
    await clock.advance(10_000);
    expect(reader.of(watch).judged?.errors.totals[1]).to.be.above(200);
  });

  it("begins again for another rollout of the same Deployment, and ends without calls", async () => {
    const { reader, clock } = aReader(prometheus, [watch]);
    await clock.advance(30_000);
    const next = aWatch("web", FROM + 30_000, { rollout: "second" });
    expect(reader.of(next)).to.deep.equal({ gates: {} });
    reader.forget(next.uid);
    await clock.advance(TICK);
    const asked = prometheus.asked.length;
    await clock.advance(60_000);
    expect(prometheus.asked).to.have.length(asked);
  });

  it("begins again where the record says that earlier requests do not count", async () => {
    const watches = [watch];
    const { reader, clock } = aReader(prometheus, watches);
    await clock.advance(30_000);
    expect(reader.of(watch).judged?.since).to.equal(FROM);
    const since = FROM + 30_000;
    const again = aWatch("web", since, { judgedSince: new Date(since).toISOString() });
    watches.splice(0, 1, again);
    expect(reader.of(again)).to.deep.equal({ gates: {} });
    await clock.advance(30_000);
    expect(reader.of(again).judged?.since).to.equal(since);
  });

  it("reports that no gateway counts without a route", async () => {
    const bare = aWatch("web", FROM, { sources: [] });
    const { reader, clock } = aReader(prometheus, [bare]);
    await clock.advance(TICK);
    expect(reader.of(bare).unread).to.match(/^no route names a Service/);
    expect(prometheus.asked).to.deep.equal([]);
  });
});
