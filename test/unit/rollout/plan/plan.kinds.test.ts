import { expect } from "chai";
import { describePlan } from "../../../../rollout/plan/describe.ts";
import type { Plan } from "../../../../rollout/plan/plan.ts";
import type { Step } from "../../../../rollout/plan/steps.ts";
import { complaintsOf, type Given, pause, planOf, weight } from "../../../support/plans.ts";

const copies = (percent: number, leastMs = 60_000): Step => ({ kind: "mirror", percent, leastMs });

describe("plan of each strategy", () => {
  const kinds: readonly [Given, Partial<Plan>][] = [
    [
      { rollout: "blue-green" },
      { strategy: "blue-green", steps: [weight(100)], size: { kind: "percent", percent: 100 } },
    ],
    [
      { rollout: "blue-green", steps: "pause, 100:10m", interval: "2m" },
      { steps: [pause, weight(100, 600_000)] },
    ],
    [{ rollout: "blue-green", mirror: "20", size: "100%" }, { steps: [copies(20), weight(100)] }],
    [
      { rollout: "ab-test", match: "header x-a=1" },
      {
        strategy: "ab-test",
        steps: [{ kind: "match", leastMs: 600_000 }],
        match: [{ headers: [{ type: "Exact", name: "x-a", value: "1" }] }],
        size: { kind: "percent", percent: 100 },
      },
    ],
    [
      {
        rollout: "ab-test",
        match: "query a=1",
        iterations: "1000",
        interval: "30s",
        size: "2",
        mirror: "100%",
      },
      {
        steps: [copies(100, 30_000), { kind: "match", leastMs: 30_000_000 }],
        size: { kind: "pods", pods: 2 },
      },
    ],
    [
      { mirror: "5%", sticky: "1h", size: "50%" },
      {
        steps: [copies(5), weight(10), weight(25), weight(50)],
        stickyMs: 3_600_000,
        size: { kind: "percent", percent: 50 },
      },
    ],
  ];
  for (const [given, expected] of kinds) {
    it(`fills in what ${JSON.stringify(given)} leaves out`, () =>
      expect(planOf(given)).to.deep.include(expected));
  }

  const misplaced: readonly [Given, string, string, string][] = [
    [{ rollout: "ab-test" }, "match", "missing", "use conditions on headers"],
    [
      { rollout: "ab-test", match: "header x-a=1", steps: "10" },
      "steps",
      "ab-test does not use this annotation",
      "use serin.dev/rollout: canary or blue-green, or remove this annotation",
    ],
    [
      { rollout: "ab-test", match: "header x-a=1", sticky: "1h" },
      "sticky",
      "ab-test does not use this annotation",
      "use serin.dev/rollout: canary, or remove",
    ],
    [
      { rollout: "ab-test", match: "header x-a=1", iterations: "0" },
      "iterations",
      'invalid value "0"',
      "from 1 to 1000",
    ],
    [
      { rollout: "ab-test", match: "header x-a=1", iterations: "1001" },
      "iterations",
      'invalid value "1001"',
      "from 1 to 1000",
    ],
    [{ rollout: "blue-green", sticky: "1h" }, "sticky", "blue-green does not use", "rollout: canary, or"],
    [{ rollout: "blue-green", iterations: "3" }, "iterations", "blue-green does not use", "ab-test"],
    [{ rollout: "blue-green", steps: "10, 100" }, "steps", "does not share the traffic", "one switch"],
    [{ rollout: "blue-green", steps: "50" }, "steps", "does not share the traffic", "one switch"],
    [{ rollout: "blue-green", size: "weight" }, "size", "too few pods", "100%"],
    [{ rollout: "blue-green", size: "3" }, "size", "too few pods", "100%"],
  ];
  for (const [given, key, problem, expected] of misplaced) {
    it(`complains about ${key} in ${JSON.stringify(given)}`, () => {
      const complaints = complaintsOf(given);
      expect(complaints.map((complaint) => complaint.key)).to.deep.equal([`serin.dev/${key}`]);
      expect(complaints[0]?.what).to.contain(problem);
      expect(complaints[0]?.use).to.contain(expected);
    });
  }

  it("says once what is wrong with the conditions of an ab-test", () => {
    expect(complaintsOf({ rollout: "ab-test", match: "" })).to.have.length(1);
    expect(complaintsOf({ rollout: "blue", match: "header x-a=1" }).map(({ key }) => key)).to.deep.equal([
      "serin.dev/rollout",
    ]);
  });

  it("has a check of its own where a strategy compares nothing", () => {
    const checks = (given: Given) => planOf(given).checks.map(({ text }) => text);
    const test = { rollout: "ab-test", match: "header x-a=1" };
    for (const given of [{ rollout: "blue-green" }, { rollout: "blue-green", mirror: "5%" }, test]) {
      expect(checks(given)).to.deep.equal(["success-rate >= 99%"]);
      expect(checks({ ...given, checks: "none" })).to.deep.equal([]);
    }
  });

  const described: readonly [Given, string][] = [
    [
      { rollout: "blue-green" },
      "blue-green 100 %, at least 1 min; canary pods for 100% of the replicas; checks success-rate >= 99%; 4xx answers at 100 % compared with those before the rollout",
    ],
    [
      { rollout: "blue-green", mirror: "20%", steps: "pause, 100:10m", match: "header x-a=1" },
      "blue-green copies of 20 %→pause→100 %, at least 11 min; always for users with header x-a=1; canary pods for 100% of the replicas; compared with stable; checks success-rate >= 99%; 4xx answers at 100 % compared with those before the rollout",
    ],
    [
      { rollout: "ab-test", match: "header x-a=1 and query b=2, cookie c=d", size: "2" },
      "ab-test for users with header x-a=1 and query b=2 or cookie c=d, at least 10 min; 2 canary pods; checks success-rate >= 99%",
    ],
    [
      { sticky: "1h", match: "header x-a=1", steps: "10" },
      "canary 10 %, at least 1 min; always for users with header x-a=1; users keep their version for 1h; compared with stable",
    ],
  ];
  for (const [given, text] of described) {
    it(`describes ${JSON.stringify(given)}`, () => expect(describePlan(planOf(given))).to.equal(text));
  }
});
