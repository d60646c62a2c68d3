import { expect } from "chai";
import fc from "fast-check";
import {
  type Baseline,
  type Counter,
  type Counts,
  incrementsSince,
  slowerThan,
} from "../../../../rollout/judge/counters.ts";

const INF = Number.POSITIVE_INFINITY;

/** A counter of the canary's requests at one gateway; `a` counts answers with 200 by default. */
function counter(series: string, value: number, more: Partial<Counter> = {}): Counter {
  return { arm: "canary", series, target: "gateway", fresh: false, value, code: "200", ...more };
}

/** The increments of each instant after the first. */
function increments(...instants: readonly (readonly Counter[])[]) {
  let baseline: Baseline | undefined;
  return instants
    .map((counters) => {
      const found = incrementsSince(baseline, counters);
      baseline = found.baseline;
      return found;
    })
    .slice(1);
}

/** Many answers with 200 and few with 503, of one process. */
const few = (good: number, failed: number) => [counter("a", good), counter("b", failed, { code: "503" })];

/** The canary's requests and those of the stable version, at one gateway. */
const young = (canary: number, stable: number) => [
  counter("a", canary),
  counter("s", stable, { arm: "stable" }),
];

const totals = (...instants: readonly (readonly Counter[])[]) =>
  increments(...instants).map(({ counts }) => counts.canary.total);

describe("increments", () => {
  it("are zero at the first instant, because the values may be weeks old", () => {
    const first = incrementsSince(undefined, [counter("a", 1_000), counter("b", 5, { fresh: true })]);
    expect(first.counts.canary).to.deep.equal({
      total: 0,
      failed: 0,
      refused: 0,
      codes: new Map(),
      pods: {},
      atMost: [],
    });
    expect(first.present).to.deep.equal({ canary: true, stable: false });
    expect([...first.baseline.values]).to.deep.equal([
      ["a", 1_000],
      ["b", 5],
    ]);
  });

  const stories: Record<string, { instants: Counter[][]; expected: number[] }> = {
    "of a continuing counter are differences": {
      instants: [[counter("a", 10)], [counter("a", 15)], [counter("a", 15)], [counter("a", 16)]],
      expected: [5, 0, 1],
    },
    "of a restarted counter are its value": {
      instants: [[counter("a", 10)], [counter("a", 3)], [counter("a", 4)]],
      expected: [3, 1],
    },
    "of a new label of a known process are its whole value, because the first 503 has a label of its own": {
      instants: [[counter("a", 10)], [counter("a", 10), counter("b", 1, { code: "503" })]],
      expected: [1],
    },
    "of a new process are zero at first, then differences": {
      instants: [
        [counter("a", 10)],
        [counter("a", 10), counter("b", 900, { target: "other" })],
        [counter("a", 10), counter("b", 907, { target: "other" })],
      ],
      expected: [0, 7],
    },
    "of a process that started with the canary are its whole value": {
      instants: [[], [counter("b", 9, { target: "pod", fresh: true })]],
      expected: [9],
    },
    "of an absent counter are zero, and of a returning one its count meanwhile": {
      instants: [
        [counter("a", 10), counter("b", 500)],
        [counter("a", 11)],
        [counter("a", 11), counter("b", 504)],
      ],
      expected: [1, 4],
    },
    "of an older sample are zero, and the requests that it lacks count once": {
      instants: [[counter("a", 1_000)], [counter("a", 990)], [counter("a", 985)], [counter("a", 1_004)]],
      expected: [0, 0, 4],
    },
    "of an older sample are zero for a small counter as well, if no other counter of its process says otherwise":
      {
        instants: [few(1_000, 2), few(990, 1), few(1_010, 2), few(1_000, 1), few(1_030, 3)],
        expected: [0, 10, 0, 21],
      },
    "of an older sample of a young version are zero, if the process counted another version before": {
      instants: [young(100, 9_000), young(200, 9_900), young(100, 9_000), young(300, 10_800)],
      expected: [100, 0, 100],
    },
    "of a process that restarted are the values of all its counters": {
      instants: [few(1_000, 2), few(5, 1)],
      expected: [6],
    },
    "of one counter that restarted alone are its value, while others of its process go on": {
      instants: [few(1_000, 10), few(1_010, 2)],
      expected: [12],
    },
    "of a counter that returns after a restart are its value": {
      instants: [[counter("a", 10)], [], [counter("a", 2)]],
      expected: [0, 2],
    },
  };
  for (const [what, { instants, expected }] of Object.entries(stories)) {
    it(what, () => expect(totals(...instants)).to.deep.equal(expected));
  }

  it("separate canary and stable, statuses, and the pods that failed", () => {
    const at = (n: number) => [
      counter("a", 10 * n, { pod: "web-1" }),
      counter("b", 3 * n, { code: "503", pod: "web-1" }),
      counter("c", n, { code: "5xx", pod: "web-2" }),
      counter("d", 2 * n, { code: "404" }),
      counter("s", 90 * n, { arm: "stable" }),
    ];
    const [found] = increments(at(1), at(2));
    expect(found?.counts.canary).to.deep.equal({
      total: 16,
      failed: 4,
      refused: 2,
      codes: new Map([
        ["200", 10],
        ["404", 2],
        ["503", 3],
        ["5xx", 1],
      ]),
      pods: { "web-1": 3, "web-2": 1 },
      atMost: [],
    });
    expect(found?.counts.stable).to.include({ total: 90, failed: 0 });
    expect(found?.present).to.deep.equal({ canary: true, stable: true });
  });

  it("say which version has no counter now, whatever it had before", () => {
    const [, found] = increments([counter("a", 1)], [counter("a", 1)], [counter("s", 1, { arm: "stable" })]);
    expect(found?.present).to.deep.equal({ canary: false, stable: true });
  });

  it("of buckets are summed over series, ascending, and do not count as requests", () => {
    const at = (n: number) =>
      [
        ["x+", INF, 4],
        ["x1", 0.1, 1],
        ["y+", INF, 3],
        ["y1", 0.1, 2],
      ].map(([series, le, value]) => {
        const { code: _, ...bucket } = counter(series as string, (value as number) * n, { le: le as number });
        return bucket;
      });
    const [found] = increments(at(1), at(2));
    expect(found?.counts.canary).to.include({ total: 0, failed: 0 });
    expect(found?.counts.canary.atMost).to.deep.equal([
      [0.1, 3],
      [INF, 7],
    ]);
  });

  /** Two Prometheus servers behind one address scrape at different instants, and either may answer. */
  it("sum up to the true counts of an old process, however late the samples are that come between", () => {
    const reading = fc.record({ added: fc.nat(20), failed: fc.nat(1), lateBy: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 40 }), (readings) => {
        const values: (readonly [number, number])[] = [[1_000, 1]];
        let { baseline } = incrementsSince(undefined, few(1_000, 1));
        const counted = { total: 0, failed: 0 };
        for (const { added, failed, lateBy } of [...readings, { added: 0, failed: 0, lateBy: 0 }]) {
          const [all, bad] = values.at(-1) ?? [0, 0];
          values.push([all + added, bad + failed]);
          const found = incrementsSince(baseline, few(...(values.at(-1 - lateBy) ?? [1_000, 1])));
          baseline = found.baseline;
          counted.total += found.counts.canary.total;
          counted.failed += found.counts.canary.failed;
        }
        const [all = 0, bad = 0] = values.at(-1) ?? [];
        expect(counted).to.deep.equal({ total: all + bad - 1_001, failed: bad - 1 });
      }),
    );
  });

  /**
   * Counters restart; series appear, are absent and return. Each counter is read again before it restarts. The process serves
   * others as well, so that no sample looks older.
   */
  it("sum up to the true counts, whatever restarts, appears and disappears", () => {
    const event = fc.record({
      series: fc.constantFrom("a", "b", "c", "d"),
      added: fc.nat(50),
      restart: fc.boolean(),
      away: fc.subarray(["a", "b", "c", "d"]),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const values = new Map<string, number>();
        const snapshot = new Map<string, number>();
        const look = (away: readonly string[]) =>
          [...values]
            .filter(([series]) => !away.includes(series))
            .map(([series, value]) => counter(series, value));
        let others = 0;
        const process = () => counter("others", others++, { arm: "stable" });
        let { baseline } = incrementsSince(undefined, [process()]);
        let [counted, happened] = [0, 0];
        const count = (counters: Counter[]) => {
          const found = incrementsSince(baseline, [process(), ...counters]);
          baseline = found.baseline;
          counted += found.counts.canary.total;
          for (const { series, value } of counters) snapshot.set(series, value);
        };
        for (const { series, added, restart, away } of events) {
          const before = values.get(series) ?? 0;
          // A counter that grows past half of its old value between two readings hides its restart, and its first counts are lost.
          const looked = before === (snapshot.get(series) ?? 0) && !away.includes(series);
          const restarts = restart && looked && added <= before / 2;
          values.set(series, restarts ? added : before + added);
          happened += added;
          count(look(away));
        }
        count(look([]));
        expect(counted).to.equal(happened);
      }),
    );
  });
});

describe("requests slower than a limit", () => {
  const histogram = (...atMost: [number, number][]): Counts => {
    return { total: 0, failed: 0, refused: 0, codes: new Map(), pods: {}, atMost };
  };
  const whole = histogram([0.1, 6], [0.5, 9], [INF, 10]);
  const cases: [string, Counts, number, { slow: number; total: number; bound: number }][] = [
    ["at a bound", whole, 0.1, { slow: 4, total: 10, bound: 0.1 }],
    ["between bounds, which is raised to the next one", whole, 0.3, { slow: 1, total: 10, bound: 0.5 }],
    ["above all bounds, which no bucket can answer", whole, 5, { slow: 0, total: 10, bound: INF }],
    ["without data", histogram(), 1, { slow: 0, total: 0, bound: INF }],
    // The buckets of one scrape are not always consistent.
    [
      "with more requests below it than in all",
      histogram([0.1, 11], [INF, 10]),
      0.1,
      { slow: 0, total: 10, bound: 0.1 },
    ],
  ];
  for (const [where, counts, limit, expected] of cases) {
    it(`are counted with a limit ${where}`, () => expect(slowerThan(counts, limit)).to.deep.equal(expected));
  }
});
