import { expect } from "chai";
import { type GatewayReport, linesOfReport } from "../../../conformance/report.ts";
import { areRight } from "../../../conformance/routing.ts";

const report: GatewayReport = {
  gateway: "edge/gw",
  implementation: "Contour",
  date: "2026-11-30",
  conditions: { Accepted: "True", ResolvedRefs: "True" },
  weights: { "90/10": 11.9, "0/100": 100 },
  features: { cookie: "yes", "mirror, 20 %": "100 % are copied" },
  settle: { changes: 16, firstMs: 55, lastMs: 97 },
  assumedMs: 2_000,
  losses: { "weights 100/0 ↔ 70/30": { requests: 2_009, lost: 1, wrong: 2 } },
  series: { v1: 'requests{service="v1"}', v2: "none in Prometheus" },
};

describe("the report of a gateway's check", () => {
  it("has a line for each figure", () => {
    expect(linesOfReport(report)).to.deep.equal([
      "edge/gw, 2026-11-30",
      "conditions of a route that serves: Accepted=True, ResolvedRefs=True",
      "weights: yes (90/10: 11.9 %, 0/100: 100 %)",
      "cookie: yes",
      "mirror, 20 %: 100 % are copied",
      "status never current within 15 s, first canary request after 55 ms, last one after 97 ms (longest of 16)",
      "weights 100/0 ↔ 70/30: 1 of 2009 lost, 2 wrong answers",
      'requests of v1: requests{service="v1"}',
      "requests of v2: none in Prometheus",
    ]);
  });

  it("takes weights for right up to 5 points beside them", () => {
    expect(areRight({ "90/10": 15, "99/1": 0, "0/100": 95 })).to.equal(true);
    expect(areRight({ "90/10": 15.1 })).to.equal(false);
    expect(linesOfReport({ ...report, weights: { "50/50": 0 } })[2]).to.equal("weights: wrong (50/50: 0 %)");
  });
});
