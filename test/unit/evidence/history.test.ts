import { expect } from "chai";
import { readHistory } from "../../../evidence/history.ts";
import { compareDefaults } from "../../../rollout/plan/compare.ts";
import { chance } from "../../support/chance.ts";
import { noNamesakes } from "../../support/namesakes.ts";
import { aWatch, FakePrometheus } from "./metrics.ts";

const FROM = Date.UTC(2026, 0, 1, 12);
const TICK = 10_000;
const TICKS = 180;

/** A counter whose value at the k-th tick of the last half hour is the sum of what was added before. */
function counted(added: (tick: number) => number): (at: number) => number {
  const sums = [1_000];
  for (let tick = 0; tick < TICKS; tick += 1) sums.push((sums[tick] ?? 0) + added(tick));
  return (at) => sums[Math.min(TICKS, Math.max(0, Math.floor((at - FROM) / TICK) + TICKS))] ?? 0;
}

/** The history of a stable version with 1,000 requests a tick, of which so many fail. */
async function history(failed: (tick: number) => number, dispersion?: number, code = "503") {
  const prometheus = new FakePrometheus();
  prometheus.series.push({ service: "web", code: "200", value: counted((tick) => 1_000 - failed(tick)) });
  prometheus.series.push({ service: "web", code, value: counted(failed) });
  const watch = aWatch("web", FROM);
  const compare = { ...compareDefaults, ...(dispersion && { dispersion }) };
  const found = await readHistory(
    { prometheus, namesakes: noNamesakes },
    { ...watch, terms: { ...watch.terms, compare } },
    FROM,
    TICK,
  );
  return { ...found, asked: prometheus.asked };
}

/** So many failures as independent requests have, each with this chance. */
function independent(seed: number, rate: number): (tick: number) => number {
  const random = chance(seed);
  return () => Array.from({ length: 1_000 }).filter(() => random() < rate).length;
}

/** Buckets of a stable version: the share of requests within each bound. */
async function bounds(shares: Record<string, number>) {
  const prometheus = new FakePrometheus();
  prometheus.series.push({ service: "web", code: "200", value: counted(() => 1e4) });
  for (const [le, share] of Object.entries({ ...shares, "+Inf": 1 })) {
    prometheus.series.push({
      service: "web",
      code: "200",
      le,
      value: counted(() => Math.round(1e4 * share)),
    });
  }
  return readHistory({ prometheus, namesakes: noNamesakes }, aWatch("web", FROM), FROM, TICK);
}

describe("the history of the stable version", () => {
  it("has a dispersion above 1 where failures come in bursts, and of 1 where they are independent", async () => {
    const random = chance(4);
    const burst = () => (random() < 0.05 ? 40 : 0);
    expect((await history(burst)).phi).to.be.above(10);
    expect((await history(independent(5, 0.01))).phi).to.be.within(1, 1.5);
    expect((await history(() => 0)).phi).to.equal(1);
  });

  it("takes the dispersion that people give, and does not ask", async () => {
    const { phi, asked } = await history(() => 0, 7);
    expect(phi).to.equal(7);
    expect(asked.some(({ grid }) => grid.stepMs === TICK)).to.equal(false);
  });

  it("is about half an hour up to the first tick, and the stable version alone", async () => {
    const { asked } = await history(() => 0);
    for (const { promql, grid } of asked) {
      expect(grid.to).to.equal(FROM);
      expect(grid.to - grid.from).to.equal(grid.stepMs === 30_000 ? 300_000 : 1_800_000);
      expect(promql).not.to.include("canary");
    }
  });

  it("says how many requests failed in the worst of the last five minutes before the rollout", async () => {
    expect((await history(() => 10)).usual).to.be.closeTo(0.01, 1e-9);
    const minutesAgo = (tick: number) => (TICKS - tick) / 6;
    expect((await history((tick) => (minutesAgo(tick) <= 1 ? 900 : 10))).usual).to.be.closeTo(0.9, 1e-9);
    expect((await history((tick) => (minutesAgo(tick) > 6 ? 900 : 10))).usual).to.be.closeTo(0.01, 1e-9);
  });

  it("says how many answers were 4xx in the worst minute of the half hour, and whether they come in bursts", async () => {
    const answers = async (refused: (tick: number) => number, dispersion?: number) =>
      (await history(refused, dispersion, "404")).refusalsBefore;
    expect(await answers(() => 10)).to.deep.equal({ bad: 60, total: 6_000, phi: 1 });
    const burst = await answers((tick) => (tick === 20 ? 900 : 10));
    expect(burst).to.deep.include({ bad: 950, total: 6_000 });
    expect(burst?.phi).to.be.above(5);
    expect((await answers((tick) => (tick === 20 ? 900 : 10), 2))?.phi).to.equal(2);
  });

  it("says how many answers were 4xx in all where Prometheus has just begun", async () => {
    const prometheus = new FakePrometheus();
    for (const [code, value] of Object.entries({ "200": 900, "404": 100 }))
      prometheus.series.push({
        service: "web",
        code,
        value: (at) => (at < FROM - 10_000 ? undefined : value),
      });
    const source = { prometheus, namesakes: noNamesakes };
    const { refusalsBefore } = await readHistory(source, aWatch("web", FROM), FROM, TICK);
    expect(refusalsBefore).to.deep.equal({ bad: 100, total: 1_000, phi: 1 });
  });

  it("knows nothing of 4xx answers where the stable version had hardly a request", async () => {
    const prometheus = new FakePrometheus();
    prometheus.series.push({
      service: "web",
      code: "404",
      value: counted((tick) => (tick % 10 === 0 ? 1 : 0)),
    });
    const source = { prometheus, namesakes: noNamesakes };
    expect(await readHistory(source, aWatch("web", FROM), FROM, TICK)).not.to.have.property("refusalsBefore");
  });

  it("says how many requests it had in a minute", async () => {
    expect((await history(() => 10)).pace).to.equal(6_000);
  });

  it("does not take what the rollout broke for usual", async () => {
    const prometheus = new FakePrometheus();
    const failing = counted((tick) => (tick >= TICKS - 6 ? 1_000 : 0));
    prometheus.series.push({
      service: "web",
      code: "200",
      value: counted((tick) => (tick < TICKS - 6 ? 1_000 : 0)),
    });
    prometheus.series.push({ service: "web", code: "503", value: failing });
    const rollout = new Date(FROM - 60_000).toISOString();
    const source = { prometheus, namesakes: noNamesakes };
    expect((await readHistory(source, aWatch("web", FROM, { rollout }), FROM, TICK)).usual).to.equal(0);
  });

  it("has the bounds above which 0.2 % to 50 % of the requests lay", async () => {
    const found = await bounds({ "0.1": 0.49, "0.25": 0.5, "0.5": 0.9, "1": 0.998, "2.5": 0.9981, "5": 1 });
    expect(found.bounds).to.deep.equal([0.25, 0.5, 1]);
    expect(found.all).to.deep.equal([0.1, 0.25, 0.5, 1, 2.5, 5, Number.POSITIVE_INFINITY]);
  });

  it("has the shares of requests that failed and were slow, and one more, as the next one may be the first", async () => {
    expect((await history(() => 10)).rates).to.deep.equal({ failed: 1_801 / 180_001, slow: [] });
    expect((await history(() => 0)).rates?.failed).to.equal(1 / 180_001);
    const requests = TICKS * 1e4;
    const { rates, median } = await bounds({ "0.1": 0.4, "0.25": 0.5, "0.5": 0.9 });
    expect(median).to.equal(0.25);
    expect(rates?.slow).to.deep.equal([0.5, 0.1].map((slow) => (slow * requests + 1) / (requests + 1)));
  });

  it("has three of them at most", async () => {
    const found = await bounds({ "0.1": 0.6, "0.2": 0.7, "0.3": 0.8, "0.4": 0.9, "0.5": 0.95, "0.6": 0.99 });
    expect(found.bounds).to.deep.equal([0.1, 0.4, 0.6]);
  });

  it("has no bounds without buckets, nor without a comparison", async () => {
    expect((await history(() => 1)).bounds).to.deep.equal([]);
    const prometheus = new FakePrometheus();
    const watch = aWatch("web", FROM);
    const off = { ...watch, terms: { ...watch.terms, compare: "off" as const } };
    expect(await readHistory({ prometheus, namesakes: noNamesakes }, off, FROM, TICK)).to.deep.equal({
      phi: 1,
      bounds: [],
      all: [],
    });
  });

  for (const growth of [1, 2])
    it(`counts all that a gateway has since its restart, at ${growth} times the requests`, async () => {
      const [began, restarted] = [FROM - 65 * 60_000, FROM - 25 * 60_000];
      // All requests were fast before the restart, and most are slower since.
      const value = (share: number) => (at: number) =>
        at < restarted ? (at - began) / 10 : (share * growth * (at - restarted)) / 10;
      const prometheus = new FakePrometheus();
      prometheus.series.push({ service: "web", code: "200", value: value(1) });
      for (const [le, share] of Object.entries({ "0.1": 0.3, "0.25": 0.8, "+Inf": 1 }))
        prometheus.series.push({ service: "web", code: "200", le, value: value(share) });
      const source = { prometheus, namesakes: noNamesakes };
      const { bounds, median, rates } = await readHistory(source, aWatch("web", FROM), FROM, TICK);
      const requests = growth * 150_000;
      const slow = [(0.2 * requests + 1) / (requests + 1)];
      expect({ bounds, median, rates }).to.deep.equal({
        bounds: [0.25],
        median: 0.25,
        rates: { failed: 1 / (requests + 1), slow },
      });
    });

  it("counts all there is where the gateway is younger than half an hour", async () => {
    const prometheus = new FakePrometheus();
    for (const [le, share] of [
      ["0.1", 0.9],
      ["+Inf", 1],
    ] as const) {
      const value = (at: number) => (at < FROM - 60_000 ? undefined : Math.round(5_000 * share));
      prometheus.series.push({ service: "web", code: "200", le, value });
    }
    expect(
      (await readHistory({ prometheus, namesakes: noNamesakes }, aWatch("web", FROM), FROM, TICK)).bounds,
    ).to.deep.equal([0.1]);
  });
});
