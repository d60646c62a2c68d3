import { expect } from "chai";
import { noComparison } from "../../../../rollout/judge/comparison.ts";
import {
  describeBasis,
  describeErrors,
  describeLimitTest,
  describeRestarts,
  describeSlow,
  describeTolerance,
  describeWhere,
} from "../../../../rollout/judge/describe.ts";
import { odds, percent, quantity, ratio } from "../../../../rollout/judge/format.ts";
import type { Tick } from "../../../../rollout/judge/tick.ts";
import { compareDefaults } from "../../../../rollout/plan/compare.ts";
import { after, begun, checksOf, SINCE } from "./criteria.ts";

const totals = (...tick: Tick) => ({ ...noComparison(SINCE), totals: tick });

describe("the description of the evidence", () => {
  const said: [string, string, string][] = [
    [
      "errors of both versions and their ratio",
      describeErrors(totals(9, 871, 8, 7_840)),
      "canary 9 of 871 requests failed (1.03%), stable 8 of 7840 (0.10%): 10.1x",
    ],
    [
      "no ratio to zero failures",
      describeErrors(totals(9, 871, 0, 7_840)),
      "canary 9 of 871 requests failed (1.03%), stable 0 of 7840 (0.00%)",
    ],
    [
      "no share of zero requests",
      describeErrors(totals(0, 0, 0, 10)),
      "canary had no requests, stable 0 of 10 (0.00%)",
    ],
    [
      "slow requests with the bound",
      describeSlow(totals(5, 10, 1, 10), 0.25),
      "canary 5 of 10 requests took longer than 250ms (50.00%), stable 1 of 10 (10.00%): 5.0x",
    ],
    [
      "restarts by exposure",
      describeRestarts(totals(3, 60.4, 0, 540)),
      "containers restarted: canary 3 in 60 pod-seconds, stable 0 in 540 pod-seconds",
    ],
    ["the tolerance", describeTolerance(compareDefaults, compareDefaults.margin), "1.2x stable + 0.05 pp"],
    [
      "a margin with the digits it was given",
      describeTolerance(compareDefaults, 0.003),
      "1.2x stable + 0.3 pp",
    ],
  ];
  for (const [what, text, expected] of said) it(`has ${what}`, () => expect(text).to.equal(expected));

  it("has the counts of a check", () => {
    const [rate, latency] = checksOf("success-rate >= 99%, p95 <= 1500ms");
    expect(rate && describeLimitTest(rate, { bad: 9, total: 180 })).to.equal(
      "95.00% of 180 requests succeeded",
    );
    expect(latency && describeLimitTest(latency, { bad: 9, total: 180 })).to.equal(
      "5.00% of 180 requests took longer than 1.5s",
    );
    expect(rate && describeLimitTest(rate, { bad: 0, total: 0 })).to.equal("no requests");
  });

  it("has the five most frequent statuses and pods", () => {
    const codes = { "500": 1, "502": 6, "503": 5, "504": 4, "505": 3, "599": 2 };
    const pods = { "web-a": 1, "web-b": 20 };
    expect(describeWhere({ ...begun(), codes, pods })).to.equal(
      "status 502 x6, 503 x5, 504 x4, 505 x3, 599 x2; pods web-b x20, web-a x1",
    );
    expect(describeWhere(begun())).to.equal("");
  });

  it("has the time, the tick and the dispersion of the numbers", () => {
    const judged = after(7, { total: 1 }, { total: 1 });
    expect(describeBasis(judged)).to.equal("Counted over 1m10s in ticks of 10s");
    expect(describeBasis({ ...judged, phi: 2.345 })).to.equal(
      "Counted over 1m10s in ticks of 10s, dispersion 2.3",
    );
  });

  it("has numbers with the units and digits that suit them", () => {
    expect([0.01034, 1, 0].map(percent)).to.deep.equal(["1.03%", "100.00%", "0.00%"]);
    expect([0.25, 0.0011, 1.25, 30].map(quantity)).to.deep.equal(["250ms", "1.1ms", "1.25s", "30s"]);
    expect([Math.log(138), Math.log(2.34), 0, 15, -5].map(odds)).to.deep.equal([
      "138",
      "2.3",
      "1.0",
      "over 1,000,000",
      "0.0",
    ]);
    expect([ratio(2, 1), ratio(1, 0), ratio(0, 0), ratio(0, 1)]).to.deep.equal([": 2.0x", "", "", ": 0.0x"]);
  });
});
