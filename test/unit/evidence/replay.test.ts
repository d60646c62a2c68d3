import { expect } from "chai";
import fc from "fast-check";
import { EvidenceReader } from "../../../evidence/reader.ts";
import { readTickCounts } from "../../../evidence/tick-counts.ts";
import type { Evidence } from "../../../rollout/judge/fold.ts";
import { type ReplayPoint, recordedStart, replayOf } from "../../../rollout/replay/replay.ts";
import { instant } from "../../../rollout/text/instant.ts";
import { aPlan } from "../../support/builders.ts";
import { cases } from "../../support/cases.ts";
import { FakeClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { noNamesakes } from "../../support/namesakes.ts";
import { aWatch, FakePrometheus } from "./metrics.ts";

const TICK = 5_000;
const NOON = Date.UTC(2026, 0, 1, 12);
const WEIGHTS = [10, 25, 50];
const plan = aPlan({ "serin.dev/steps": WEIGHTS.join(", ") });

/**
 * When each step came into force (s after noon), how long (s) the first had lasted when a pause of the plan began, if there is
 * one, and the thousandths of requests that fail.
 */
const aRun = fc.record({
  pausedAfter: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
  first: fc.integer({ min: 0, max: 9 }),
  lasted: fc.tuple(fc.integer({ min: 11, max: 60 }), fc.integer({ min: 1, max: 60 })),
  canaryFails: fc.constantFrom(0, 1, 10, 80),
  stableFails: fc.constantFrom(0, 1, 10),
});
type Run = typeof aRun extends fc.Arbitrary<infer T> ? T : never;

const steady = { first: 0, lasted: [20, 20] as [number, number], pausedAfter: undefined };

/** Counters with latencies, of which half are above the lowest bound. */
function counting({ canaryFails, stableFails }: Run): FakePrometheus {
  const prometheus = new FakePrometheus();
  prometheus.serve("web", NOON, { canary: 10, stable: 90, canaryFails, stableFails });
  for (const [service, rate, since] of [
    ["web", 90, NOON - 3_600_000],
    ["web-canary", 10, NOON],
  ] as const) {
    for (const [le, share] of [
      ["0.1", 0.6],
      ["0.5", 0.98],
      ["+Inf", 1],
    ] as const) {
      const value = (at: number) =>
        at < since ? undefined : Math.floor(((at - since) / 1000) * rate * share);
      prometheus.series.push({ service, code: "200", le, value });
    }
  }
  return prometheus;
}

/** What the controller judged after each tick, and the record that it would keep. */
async function controlled(run: Run, prometheus: FakePrometheus) {
  const [a, b] = run.lasted;
  const begins = [run.first, run.first + a, run.first + a + b].map((second) => NOON + second * 1_000);
  const terms = (step: number) => ({
    compare: plan.compare,
    checks: [],
    stepFrom: begins[step] ?? 0,
    nextShare: (WEIGHTS[step + 1] ?? 100) / 100,
    ...(step > 0 && { leftFrom: begins[step - 1] ?? 0 }),
  });
  const watch = aWatch("web", begins[0] ?? 0, { terms: terms(0) });
  const clock = new FakeClock((begins[0] ?? 0) + 500);
  const stop = new AbortController();
  const reader = new EvidenceReader({
    ...{ prometheus, namesakes: noNamesakes, clock, log: noLog, signal: stop.signal },
    gates: async (_watch, before) => before,
    onRead: () => {},
  });
  const pause = run.pausedAfter === undefined ? undefined : (begins[0] ?? 0) + run.pausedAfter * 1_000;
  // The record does not keep when a pause began.
  const present = () =>
    step === 0 && pause !== undefined && clock.now() >= pause
      ? { ...terms(0), stepFrom: pause }
      : terms(step);
  let step = 0;
  reader.of(watch);
  const judged: Evidence[] = [];
  const end = Math.ceil(((begins[2] ?? 0) + 40_000) / TICK) * TICK;
  for (let at = Math.ceil(clock.now() / TICK) * TICK; at <= end; at += TICK) {
    const next = begins[step + 1] ?? Number.POSITIVE_INFINITY;
    if (next <= at) {
      if (next > clock.now()) await clock.advance(next - clock.now());
      step += 1;
      if ((begins[step + 1] ?? Number.POSITIVE_INFINITY) <= at) step += 1;
    }
    reader.of({ ...watch, terms: present() });
    await clock.advance(at + 1_500 - clock.now());
    const found = reader.of({ ...watch, terms: present() }).judged;
    if (found?.at === at) judged.push(found);
  }
  stop.abort();
  const evidence = judged.at(-1) as Evidence;
  const course = begins.map((at, i) => ({ step: i, weight: WEIGHTS[i] ?? 0, at: instant(at) }));
  return {
    watch,
    judged,
    record: { course, evidence, step: 2, stepSince: instant((begins[2] ?? 0) - 1_000) },
  };
}

describe("a replay", () => {
  it("judges each tick as the controller did", async () => {
    await fc.assert(
      fc.asyncProperty(aRun, async (run) => {
        const prometheus = counting(run);
        const { watch, judged, record } = await controlled(run, prometheus);
        const start = recordedStart(record);
        if (start === undefined) throw new Error("no start");
        const { from, tickMs: stepMs, bounds } = start;
        const { ticks, countedFrom } = await readTickCounts(
          { prometheus, namesakes: noNamesakes },
          { watch, bounds },
          { from, to: record.evidence.at, stepMs },
        );
        expect(countedFrom).to.equal(from);
        const points = new Map(replayOf(record, plan, start, ticks).map((point) => [point.tick.at, point]));
        expect(judged).to.have.length.above(10);
        for (const one of judged) expectSame(points.get(one.at), one);
      }),
      // Of the second weight there may be no tick.
      { numRuns: cases(40), examples: [[{ ...steady, lasted: [21, 2], canaryFails: 0, stableFails: 10 }]] },
    );
  });

  it("has no start without recorded evidence", () => {
    expect(recordedStart({})).to.equal(undefined);
  });

  it("reads fewer instants at a time where the answer is too long, with the same ticks", async () => {
    const prometheus = counting({ ...steady, canaryFails: 10, stableFails: 1 });
    const query = { watch: aWatch("web", NOON), bounds: [0.1, 0.5] };
    const grid = { from: NOON, to: NOON + 100 * TICK, stepMs: TICK };
    const source = { prometheus, namesakes: noNamesakes };
    const whole = await readTickCounts(source, query, grid);
    prometheus.most = 60;
    expect(await readTickCounts(source, query, grid)).to.deep.equal(whole);
    expect(whole.ticks).to.have.length(100);
  });

  it("counts nothing where the counters may be those of others, and says why", async () => {
    const prometheus = counting({ ...steady, canaryFails: 0, stableFails: 0 });
    const doubt = { reason: "a route of others", until: NOON + 2 * TICK };
    const source = { prometheus, namesakes: { doubts: () => () => doubt } };
    const grid = { from: NOON, to: NOON + 4 * TICK, stepMs: TICK };
    const read = await readTickCounts(source, { watch: aWatch("web", NOON), bounds: [] }, grid);
    expect(read.doubt).to.equal(doubt.reason);
    expect(read.ticks.map(({ counts }) => counts.stable.total)).to.deep.equal([0, 0, 450, 450]);
  });
});

/** Equal to the last bit; at the border of two steps and in a pause, only what knows no steps. */
function expectSame(point: ReplayPoint | undefined, judged: Evidence): void {
  const { restarts: _restarts, ...theirs } = judged;
  if (point === undefined) throw new Error(`no tick ends at ${judged.at}`);
  const isInside = judged.stepFrom === point.evidence.stepFrom && judged.at - TICK >= judged.stepFrom;
  if (isInside) expect(point.evidence).to.deep.equal(theirs);
  for (const [ours, other] of [
    [point.evidence.errors, judged.errors],
    ...point.evidence.latency.map((one, i) => [one, judged.latency[i]] as const),
  ] as const) {
    expect(ours.harm).to.deep.equal(other?.harm);
    expect(ours.totals).to.deep.equal(other?.totals);
    expect(ours.sums).to.deep.equal(other?.sums);
  }
}
