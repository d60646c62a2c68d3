import { expect } from "chai";
import { combine } from "../../../../rollout/judge/combine.ts";
import { logMean, logSum } from "../../../../rollout/judge/log-math.ts";

describe("several metrics in one verdict", () => {
  const metric = (name: string, weight: number, e: number) => ({ name, weight, logE: Math.log(e) });

  it("are the weighted mean of their evidence", () => {
    const { logE, leading } = combine([metric("errors", 0.5, 10), metric("latency", 0.5, 4)]);
    expect(Math.exp(logE)).to.be.closeTo(7, 1e-9);
    expect(leading?.name).to.equal("errors");
  });

  it("take weights relative to their sum", () => {
    const { logE, leading } = combine([metric("errors", 1, 9), metric("latency", 3, 5)]);
    expect(Math.exp(logE)).to.be.closeTo(6, 1e-9);
    expect(leading?.name).to.equal("latency");
  });

  it("are led by the larger contribution, even where exp overflows", () => {
    const { logE, leading } = combine([
      { name: "errors", weight: 0.5, logE: 2_000 },
      { name: "latency", weight: 0.5, logE: -2_000 },
    ]);
    expect(logE).to.be.closeTo(2_000 - Math.LN2, 1e-9);
    expect(leading?.name).to.equal("errors");
  });

  it("give no evidence if there are none", () => {
    expect(combine([])).to.deep.equal({ logE: 0, leading: undefined });
  });
});

describe("sums of logs", () => {
  it("do not overflow as exp does", () => {
    expect(logSum([1_000, 1_000])).to.be.closeTo(1_000 + Math.LN2, 1e-9);
    expect(logMean([-1_000, -1_000])).to.equal(-1_000);
    expect(logSum([Number.NEGATIVE_INFINITY, 3])).to.equal(3);
    expect(logSum([])).to.equal(Number.NEGATIVE_INFINITY);
  });
});
