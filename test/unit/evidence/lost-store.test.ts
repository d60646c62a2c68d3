import { expect } from "chai";
import { describeEnded } from "../../../rollout/judge/ended.ts";
import type { JudgeInput } from "../../../rollout/judge/evidence.ts";
import { describeMissingAnswers } from "../../../rollout/judge/missing-answers.ts";
import { FakeClock } from "../../support/clock.ts";
import { aWatch, FakePrometheus, readerOf } from "./metrics.ts";

const FROM = Date.UTC(2026, 0, 1, 12);
/** When Prometheus goes, and when it is back, without any older sample. */
const LOST = FROM + 30_000;
const BACK = LOST + 25_000;

describe("a Prometheus that has lost its store", () => {
  const stop = new AbortController();
  after(() => stop.abort());

  const aReader = (prometheus: FakePrometheus, watch: JudgeInput, now = FROM + 2_000) =>
    readerOf(prometheus, [watch], { clock: new FakeClock(now), signal: stop.signal });

  /** Advances a second at a time; Prometheus is away for a while, and has only what it scraped afterwards. */
  async function outage(prometheus: FakePrometheus, clock: FakeClock, each: () => void): Promise<void> {
    const kept = prometheus.series.splice(0);
    prometheus.series.push(
      ...kept.map((one) => ({
        ...one,
        value: (at: number) => (clock.now() >= LOST && at < BACK + 3_000 ? undefined : one.value(at)),
      })),
    );
    while (clock.now() < BACK + 65_000) {
      prometheus.up = clock.now() < LOST || clock.now() >= BACK;
      await clock.advance(1_000);
      each();
    }
  }

  it("costs no request of the count, and nobody is blamed for those that it did not scrape", async () => {
    const prometheus = new FakePrometheus();
    prometheus.serve("web", FROM, { canaryFails: 0, stableFails: 0 });
    const watch = aWatch("web", FROM, { rollout: new Date(FROM - 60_000).toISOString() });
    const { reader, clock } = aReader(prometheus, watch);
    const said = new Set<string | undefined>();
    await outage(prometheus, clock, () => {
      const { judged, unread } = reader.of(watch);
      if (judged === undefined || unread !== undefined) return;
      said.add(describeEnded(judged));
      said.add(describeMissingAnswers(judged));
    });
    expect([...said]).to.deep.equal([undefined]);
    const { judged } = reader.of(watch);
    expect(judged?.errors.totals[1]).to.be.closeTo(1_200, 60);
    expect(judged?.errors.totals[3]).to.be.closeTo(10_800, 540);
  });
});
