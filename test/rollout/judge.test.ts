import { expect } from "chai";
import type { Counts } from "../../rollout/counts.ts";
import { type Evidence, judge, type Verdict } from "../../rollout/judge.ts";
import { aPlan } from "../support/builders.ts";
import { chance } from "../support/chance.ts";

const INF = Number.POSITIVE_INFINITY;
const counts = (total: number, failed: number, slow = 0): Counts => ({
  total,
  failed,
  codes: {},
  atMost: [
    [0.1, 0],
    [0.5, total - slow],
    [INF, total],
  ],
});
const seen = (canary: Counts, stable = counts(1_000, 0)): Evidence => ({
  kind: "counts",
  canary,
  stable,
  seconds: 60,
});
const checksOf = (text: string) => aPlan({ "serin.dev/checks": text }).checks;
const rate = "success-rate >= 99%";
const p99 = "p99 <= 500ms";

describe("judge", () => {
  const table: [string, string, Evidence, Verdict["kind"], RegExp][] = [
    ["no checks", "none", { kind: "none", reason: "x" }, "pass", /no checks/],
    ["no metrics", rate, { kind: "none", reason: "Prometheus is away" }, "no-data", /Prometheus is away/],
    ["no traffic", rate, seen(counts(0, 0)), "no-data", /no requests in 60s/],
    [
      "no traffic on the canary, much on the stable",
      `${rate}, ${p99}`,
      seen(counts(0, 0), counts(9_000, 0)),
      "no-data",
      /no requests/,
    ],
    ["too little traffic", rate, seen(counts(19, 0)), "unsure", /at least 20 requests/],
    ["good traffic", rate, seen(counts(200, 0)), "pass", /100\.00% of 200 requests.*stable/],
    ["exactly the limit", rate, seen(counts(200, 2)), "pass", /99\.00%/],
    ["worse than the limit, but within chance", rate, seen(counts(200, 4)), "unsure", /98\.00%/],
    [
      "far worse than the limit",
      rate,
      seen(counts(200, 30)),
      "fail",
      /broken: 85\.00% of 200.*evidence .*:1, limit 300:1/,
    ],
    ["every request bad, few of them", rate, seen(counts(5, 5)), "fail", /0\.00% of 5 requests/],
    ["good latency", p99, seen(counts(500, 0, 3)), "pass", /ms over 500 requests/],
    ["slow requests beyond chance", p99, seen(counts(500, 0, 60)), "fail", /p99 <= 500ms is broken/],
    ["one broken check beside a good one", `${rate}, ${p99}`, seen(counts(500, 0, 60)), "fail", /^p99/],
    ["a good check beside a weak one", `${rate}, ${p99}`, seen(counts(200, 4, 0)), "unsure", /98\.00%.*p99/],
  ];
  for (const [what, checks, evidence, kind, message] of table) {
    it(`says ${kind} to ${what}`, () => {
      const verdict = judge(checksOf(checks), evidence, 3);
      expect(verdict.kind).to.equal(kind);
      expect(verdict.message).to.match(message);
    });
  }

  it("asks for more evidence the more often a rollout is judged", () => {
    const evidence = seen(counts(200, 12));
    expect(judge(checksOf(rate), evidence, 1).kind).to.equal("fail");
    expect(judge(checksOf(rate), evidence, 1_000).kind).to.equal("unsure");
  });

  it("takes back at most 1 % of the healthy releases that are just at the limit, over all steps and looks", () => {
    const random = chance(3);
    const checks = checksOf(rate);
    const runs = 500;
    const [steps, looks, perLook] = [3, 12, 50];
    const wronged = Array.from({ length: runs }).filter(() =>
      Array.from({ length: steps }).some(() => {
        let [total, failed] = [0, 0];
        return Array.from({ length: looks }).some(() => {
          for (let i = 0; i < perLook; i += 1) failed += random() < 0.01 ? 1 : 0;
          total += perLook;
          return judge(checks, seen(counts(total, failed)), steps).kind === "fail";
        });
      }),
    );
    expect(wronged.length / runs).to.be.at.most(0.01);
  });
});
