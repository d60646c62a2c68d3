import { expect } from "chai";
import { describeEnded } from "../../../rollout/judge/ended.ts";
import { FakeClock } from "../../support/clock.ts";
import { aWatch, FakePrometheus, readerOf } from "./metrics.ts";

/** The first weight. */
const FROM = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

interface Course {
  readonly prometheus: FakePrometheus;
  /** How long (ms) before the first weight the rollout began. */
  readonly began: number;
  readonly lastsMs?: number;
  readonly each?: (now: number) => void;
}

/** What is said of ended requests, at the first instant at which something is. */
async function saidIn({
  prometheus,
  began,
  lastsMs = 2 * MINUTE,
  each,
}: Course): Promise<string | undefined> {
  const stop = new AbortController();
  const clock = new FakeClock(FROM + 2_000);
  const watch = aWatch("web", FROM, { rollout: new Date(FROM - began).toISOString() });
  const { reader } = readerOf(prometheus, [watch], { clock, signal: stop.signal });
  try {
    for (let passedMs = 0; passedMs < lastsMs; passedMs += 1_000) {
      each?.(clock.now());
      await clock.advance(1_000);
      const { judged, unread } = reader.of(watch);
      const said = judged && unread === undefined ? describeEnded(judged) : undefined;
      if (said !== undefined) return said;
    }
    return undefined;
  } finally {
    stop.abort();
  }
}

function counting(value: (at: number) => number): FakePrometheus {
  const prometheus = new FakePrometheus();
  prometheus.series.push({ service: "web", code: "200", value });
  return prometheus;
}

describe("the end of all requests", () => {
  it("is seen where they were steady until the first weight", async () => {
    const prometheus = counting((at) => Math.floor(Math.min(at, FROM) / 50));
    expect(await saidIn({ prometheus, began: MINUTE })).to.include("neither version has answered a request");
  });

  it("is seen where the gateway followed the first weight a moment later, as a busy one does", async () => {
    const prometheus = counting((at) => Math.floor(Math.min(at, FROM + 3_000) / 50));
    expect(await saidIn({ prometheus, began: MINUTE })).to.include("neither version has answered a request");
  });

  it("is another one where the users left half a minute after the first weight", async () => {
    const prometheus = counting((at) => Math.floor(Math.min(at, FROM + 30_000) / 50));
    expect(await saidIn({ prometheus, began: MINUTE })).to.equal(undefined);
  });

  it("is nothing new where the users left while the canary waited", async () => {
    const began = 8 * 60 * MINUTE;
    const prometheus = counting((at) => Math.floor(Math.min(at, FROM - began + 10 * MINUTE) / 500));
    expect(await saidIn({ prometheus, began })).to.equal(undefined);
  });

  for (const seconds of [1, 10, 20, 30, 40, 50])
    it(`is not seen between the calls of a batch that comes each minute, ${seconds} s after the full one`, async () => {
      const prometheus = counting((at) => 100 * Math.floor((at - seconds * 1_000) / MINUTE));
      expect(await saidIn({ prometheus, began: 30_000 })).to.equal(undefined);
    });

  it("is not seen where Prometheus itself was away around the first weight", async () => {
    const lastScrape = (at: number) => Math.floor((at - 1_000) / 15_000) * 15_000 + 1_000;
    const [from, to] = [FROM - 5_000, FROM + 46_500];
    const sampled = (at: number) => (lastScrape(at) >= from && lastScrape(at) < to ? from : at);
    const prometheus = counting((at) => Math.floor(lastScrape(sampled(at)) / 10));
    Object.assign(prometheus, { scrape: 15_000, scraped: [1_000], up: false });
    const each = (now: number) => void Object.assign(prometheus, { up: now >= to });
    expect(await saidIn({ prometheus, began: MINUTE, each })).to.equal(undefined);
  });

  for (const seconds of [0, 30, 60])
    it(`is not seen between scrapes whose interval is not known, ${seconds} s before the rollout`, async () => {
      const last = (at: number) => Math.floor((at - 50_000) / 90_000) * 90_000 + 50_000;
      const prometheus = counting((at) => Math.floor(last(at) / 10));
      Object.assign(prometheus, { scrape: undefined });
      expect(await saidIn({ prometheus, began: MINUTE + seconds * 1_000 })).to.equal(undefined);
    });
});
