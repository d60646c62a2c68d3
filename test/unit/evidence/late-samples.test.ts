import { expect } from "chai";
import { ticksBy } from "../../../evidence/ticks.ts";
import { FakeClock } from "../../support/clock.ts";
import { aWatch, FakePrometheus, readerOf } from "./metrics.ts";

const FROM = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

describe("samples that reach Prometheus late", () => {
  const stop = new AbortController();
  after(() => stop.abort());

  it("count for the step whose weight their requests had", async () => {
    const clock = new FakeClock(FROM + 2_000);
    const prometheus = new FakePrometheus();
    Object.assign(prometheus, { scraped: [1_100], late: { ms: MINUTE, clock } });
    prometheus.serve("web", FROM);
    const watches = [aWatch("web", FROM)];
    const { reader } = readerOf(prometheus, watches, { clock, signal: stop.signal });
    await clock.advance(MINUTE - 10_000);
    expect(reader.of(aWatch("web", FROM)).judged?.inStep.canary ?? 0).to.equal(0);
    await clock.advance(MINUTE);
    const first = reader.of(aWatch("web", FROM)).judged;
    expect(first?.lateMs).to.be.within(MINUTE, MINUTE + 6_000);
    const lasted = ((first?.at ?? 0) - FROM) / 1_000;
    expect(lasted).to.be.within(30, 50);
    expect(first?.inStep.canary).to.be.closeTo(10 * lasted, 30);

    const stepFrom = clock.now();
    const { terms } = aWatch("web", FROM);
    const next = aWatch("web", FROM, { terms: { ...terms, stepFrom, nextShare: 0.5 } });
    watches[0] = next;
    reader.of(next);
    await clock.advance(MINUTE - 10_000);
    const before = reader.of(next).judged;
    expect(before?.at).to.be.below(stepFrom);
    expect(before?.inStep).to.deep.equal({ canary: 0, stable: 0 });
    await clock.advance(30_000);
    const after = reader.of(next).judged;
    expect(after?.stepFrom).to.equal(stepFrom);
    expect(after?.inStep.canary).to.be.within(50, 200);
  });

  it("are told apart from the last ones before a gap by the next one", async () => {
    const clock = new FakeClock(FROM);
    let newest = FROM - 40_000;
    const scrapes = async () => ({ everyMs: 15_000, last: [newest] });
    const ticksOf = ticksBy({ prometheus: { scrapes, over: async () => new Map() }, clock, asksAgain: true });
    const asked = () => ticksOf(aWatch("web", FROM)).catch(({ message }: Error) => message);
    const old = "the newest sample of Traefik's counters in Prometheus is 40s old";
    expect(await asked()).to.equal(old);
    await clock.advance(5_000);
    expect(await asked()).to.equal(old.replace("40s", "45s"));
    newest = clock.now() - 2_000;
    expect(await asked())
      .to.include({ tickMs: 15_000 })
      .and.not.have.property("lateMs");
  });

  it("are not suspected in time of the next scrape", async () => {
    const clock = new FakeClock(FROM);
    const scrapes = async () => ({ everyMs: 30_000, last: [FROM - 39_000] });
    const ticksOf = ticksBy({ prometheus: { scrapes, over: async () => new Map() }, clock, asksAgain: true });
    expect(await ticksOf(aWatch("web", FROM))).to.not.have.property("lateMs");
  });
});
