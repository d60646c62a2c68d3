import { expect } from "chai";
import fc from "fast-check";
import { type Counters, type Counts, countsBetween, quantile, slowerThan } from "../../rollout/counts.ts";

const requests = (series: Record<string, [code: string, value: number]>): Counters => ({
  requests: new Map(Object.entries(series).map(([name, [code, value]]) => [name, { code, value }])),
  buckets: new Map(),
});
const histogram = (...atMost: [number, number][]): Counts => ({ total: 0, failed: 0, codes: {}, atMost });
const INF = Number.POSITIVE_INFINITY;

describe("counts", () => {
  const stories: [string, Counters, Counters, [total: number, failed: number]][] = [
    ["a series that went on", requests({ a: ["200", 10] }), requests({ a: ["200", 15] }), [5, 0]],
    ["a series that restarted", requests({ a: ["200", 10] }), requests({ a: ["200", 3] }), [3, 0]],
    ["a new series, whole", requests({}), requests({ a: ["503", 4] }), [4, 4]],
    [
      "a vanished series as nothing",
      requests({ a: ["200", 10], b: ["200", 90] }),
      requests({ a: ["200", 11] }),
      [1, 0],
    ],
    [
      "a series that stood still as nothing",
      requests({ a: ["500", 7] }),
      requests({ a: ["500", 7] }),
      [0, 0],
    ],
    [
      "each status",
      requests({}),
      requests({ a: ["200", 1], b: ["404", 2], c: ["500", 3], d: ["504", 4] }),
      [10, 7],
    ],
  ];
  for (const [what, before, after, [total, failed]] of stories) {
    it(`counts ${what}`, () => expect(countsBetween(before, after)).to.deep.include({ total, failed }));
  }

  it("counts what happened, whenever counters restart and series come and go", () => {
    const step = fc.record({
      series: fc.constantFrom("a", "b", "c"),
      added: fc.nat(50),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const values = new Map<string, number>();
        let [counted, happened] = [0, 0];
        for (const { series, added, restart } of steps) {
          const look = () =>
            requests(Object.fromEntries([...values].map(([name, value]) => [name, ["200", value]])));
          const before = look();
          // A restart that the growth since hides cannot be told from growth: shorter looks are the answer.
          if (restart && added < (values.get(series) ?? 0)) values.set(series, 0);
          values.set(series, (values.get(series) ?? 0) + added);
          happened += added;
          counted += countsBetween(before, look()).total;
        }
        expect(counted).to.equal(happened);
      }),
    );
  });

  it("adds up buckets over series, ascending, +Inf last", () => {
    const buckets = (scale: number): Counters => ({
      requests: new Map(),
      buckets: new Map([
        ["x+", { le: INF, value: 4 * scale }],
        ["x1", { le: 0.1, value: scale }],
        ["y+", { le: INF, value: 3 * scale }],
        ["y1", { le: 0.1, value: 2 * scale }],
      ]),
    });
    expect(countsBetween(buckets(1), buckets(2)).atMost).to.deep.equal([
      [0.1, 3],
      [INF, 7],
    ]);
  });

  const requestsOver: [string, Counts, number, { slow: number; total: number; bound: number }][] = [
    ["at a bound", histogram([0.1, 6], [0.5, 9], [INF, 10]), 0.1, { slow: 4, total: 10, bound: 0.1 }],
    [
      "between bounds: the next one",
      histogram([0.1, 6], [0.5, 9], [INF, 10]),
      0.3,
      { slow: 1, total: 10, bound: 0.5 },
    ],
    [
      "above all bounds: nobody can say",
      histogram([0.1, 6], [INF, 10]),
      5,
      { slow: 0, total: 10, bound: INF },
    ],
    ["without data", histogram(), 1, { slow: 0, total: 0, bound: INF }],
  ];
  for (const [where, counts, limit, expected] of requestsOver) {
    it(`counts slow requests with a limit ${where}`, () =>
      expect(slowerThan(counts, limit)).to.deep.equal(expected));
  }

  const quantiles: [string, Counts, number, number | undefined][] = [
    ["inside of the first bucket", histogram([1, 10], [INF, 10]), 0.5, 0.5],
    ["inside of a later bucket", histogram([1, 5], [2, 10], [INF, 10]), 0.75, 1.5],
    ["above all bounds", histogram([1, 5], [INF, 10]), 0.99, 1],
    ["past an empty bucket", histogram([1, 0], [2, 4], [INF, 4]), 0.5, 1.5],
    ["of nothing", histogram([1, 0], [INF, 0]), 0.5, undefined],
  ];
  for (const [where, counts, q, expected] of quantiles) {
    it(`finds the quantile ${where}`, () => expect(quantile(counts, q)).to.equal(expected));
  }
});
