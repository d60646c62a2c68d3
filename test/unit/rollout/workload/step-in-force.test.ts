import { expect } from "chai";
import { weightAt } from "../../../../rollout/plan/grant.ts";
import { stepInForce } from "../../../../rollout/workload/step-in-force.ts";
import { AT_NOON, aPlan } from "../../../support/builders.ts";

const record = {
  started: AT_NOON,
  outcome: "running",
  stepSince: AT_NOON,
  stable: "web1",
  message: "",
} as const;

describe("the step in force after the plan's steps changed in flight", () => {
  const changes: [string, { step: number; granted?: number }, string, number][] = [
    ["stays if they are the same", { step: 1, granted: 25 }, "10, 25, 50", 25],
    ["is the last one of a plan that got shorter", { step: 2, granted: 50 }, "20", 20],
    ["has no more weight than was granted", { step: 2, granted: 25 }, "25, 50, 75, 100", 25],
    ["may have less", { step: 2, granted: 25 }, "5, 10, 15, 20, 25", 15],
    ["goes back over a pause", { step: 2, granted: 25 }, "20, pause, 50", 20],
    ["may be a pause", { step: 1, granted: 25 }, "20, pause, 50", 20],
    ["is the first one if all have more", { step: 1, granted: 20 }, "40, 60, 80", 40],
    ["stays at its place in a record of an earlier Serin", { step: 1 }, "40, 60, 80", 60],
  ];
  for (const [what, run, steps, weight] of changes)
    it(what, () => {
      const plan = aPlan({ "serin.dev/steps": steps });
      expect(weightAt(plan, stepInForce({ ...record, ...run }, plan.steps))).to.equal(weight);
    });
});
