import { expect } from "chai";
import { medianBound, monitored } from "../../../../rollout/judge/latency-bounds.ts";

const INF = Number.POSITIVE_INFINITY;

describe("the watched latency bounds", () => {
  const table: [string, number[], number[], number[]][] = [
    [
      "tails from 0.2 % to 50 %",
      [0.05, 0.1, 0.5, 1, 2, INF],
      [499, 500, 900, 998, 999, 1_000],
      [0.1, 0.5, 1],
    ],
    ["never +Inf", [0.1, INF], [0, 1_000], []],
    ["none without requests", [0.1, INF], [0, 0], []],
    ["none without buckets", [], [], []],
    [
      "the ends and an even spread of many",
      [1, 2, 3, 4, 5, 6, 7, INF],
      [50, 60, 70, 75, 80, 85, 90, 100],
      [1, 4, 7],
    ],
  ];
  for (const [what, le, cumulative, expected] of table) {
    it(`are ${what}`, () => {
      expect(monitored(le, cumulative)).to.deep.equal(expected);
    });
  }

  it("are at most as many as the caller wants", () => {
    const le = Array.from({ length: 30 }, (_, i) => i + 1);
    const cumulative = le.map((bound) => 500 + 15 * bound);
    for (const most of [0, 1, 2, 4, 6]) expect(new Set(monitored(le, cumulative, most)).size).to.equal(most);
    expect(monitored(le, cumulative, 100)).to.have.length.above(6);
  });
});

describe("the bound that half of the requests kept", () => {
  const table: [string, number[], number[], number | undefined][] = [
    ["the first such bound", [0.1, 1, 60, INF], [499, 500, 900, 1_000], 1],
    ["longer than any step for requests beyond all bounds", [0.1, 1, INF], [0, 100, 1_000], 604_800],
    ["unknown without requests", [0.1, INF], [0, 0], undefined],
    ["unknown without a finite bound", [INF], [1_000], undefined],
    ["unknown without buckets", [], [], undefined],
  ];
  for (const [what, le, cumulative, expected] of table)
    it(`is ${what}`, () => expect(medianBound(le, cumulative)).to.equal(expected));
});
