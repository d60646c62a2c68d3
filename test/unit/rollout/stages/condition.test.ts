import { expect } from "chai";
import { report } from "../../../../rollout/stages/condition.ts";
import type { ConditionUpdate } from "../../../../rollout/stages/decision.ts";
import { canaryCondition } from "../../../../rollout/workload/writes.ts";
import { aDeployment, aHeld, aSnapshot, NOON } from "../../../support/builders.ts";

const iso = (ms: number) => new Date(ms).toISOString();
const preparing = (message: string): ConditionUpdate => ({ status: "Unknown", reason: "Preparing", message });
const promoting = (message: string): ConditionUpdate => ({ status: "Unknown", reason: "Promoting", message });
const holding = (message: string): ConditionUpdate => ({ status: "Unknown", reason: "Holding", message });

/** What is told `afterMs` into a rollout whose condition says `present` since `toldMs`. */
function telling(says: ConditionUpdate | undefined, afterMs: number, present?: ConditionUpdate, toldMs = 0) {
  const deployment = aDeployment({ image: "web:2" });
  const conditions = present === undefined ? [] : [canaryCondition(present, iso(NOON + toldMs))];
  const held = aHeld({ started: iso(NOON), detached: iso(NOON) });
  return report(
    aSnapshot({ now: NOON + afterMs, deployment: { ...deployment, status: { conditions } }, held }),
    says,
  );
}

const rows: [string, ReturnType<typeof telling>, "writes" | "is silent"][] = [
  ["nothing to say", telling(undefined, 0), "is silent"],
  ["the first word of a rollout", telling(preparing("a"), 0), "writes"],
  ["the first word, after the last rollout's", telling(preparing("a"), 0, preparing("z"), -60_000), "writes"],
  ["what stands there already", telling(preparing("a"), 60_000, preparing("a")), "is silent"],
  ["what may pass in a moment", telling(preparing("b"), 1_000, preparing("a")), "is silent"],
  ["what has not passed", telling(preparing("b"), 5_000, preparing("a")), "writes"],
  ["a promotion that may end in a moment", telling(promoting("b"), 1_000, preparing("a")), "is silent"],
  ["a promotion that has not ended", telling(promoting("b"), 5_000, preparing("a")), "writes"],
  ["why it holds, at once", telling(holding("b"), 1_000, preparing("a")), "writes"],
  ["only other numbers, soon", telling(holding("3 of 5"), 20_000, holding("2 of 5")), "is silent"],
  ["only other numbers, later", telling(holding("3 of 5"), 30_000, holding("2 of 5")), "writes"],
  ["another reason to hold", telling(holding("b"), 20_000, holding("a")), "writes"],
];

describe("what a rollout tells", () => {
  for (const [what, { writes }, answer] of rows) {
    it(`${answer}: ${what}`, () => expect(writes).to.have.length(answer === "writes" ? 1 : 0));
  }

  it("looks again when what may pass should have passed", () => {
    expect(telling(preparing("b"), 1_500, preparing("a")).waitMs).to.equal(3_500);
  });
});
