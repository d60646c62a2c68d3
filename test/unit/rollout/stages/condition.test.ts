import { expect } from "chai";
import { report } from "../../../../rollout/stages/condition.ts";
import type { ConditionUpdate } from "../../../../rollout/stages/decision.ts";
import { waitingFor } from "../../../../rollout/stages/wait.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { canaryCondition } from "../../../../rollout/workload/writes.ts";
import { aDeployment, aHeld, aPlan, aSnapshot, NOON } from "../../../support/builders.ts";

const iso = (ms: number) => new Date(ms).toISOString();
const preparing = (message: string): ConditionUpdate => ({ status: "Unknown", reason: "Preparing", message });
const progressing = (message: string): ConditionUpdate => ({
  status: "Unknown",
  reason: "Progressing",
  message,
});
const promoting = (message: string): ConditionUpdate => ({ status: "Unknown", reason: "Promoting", message });
const holding = (message: string): ConditionUpdate => ({ status: "Unknown", reason: "Holding", message });

/** What is told `afterMs` into a rollout whose condition says `present` since `toldMs`. */
function telling(
  says: ConditionUpdate | undefined,
  afterMs: number,
  present?: ConditionUpdate,
  toldMs = 0,
  { interval = "1m", stepMs = 0 } = {},
) {
  const plan = aPlan({ "serin.dev/interval": interval });
  const started = iso(NOON);
  const run: RunRecord = {
    started,
    outcome: "running",
    step: 0,
    stepSince: iso(NOON + stepMs),
    stable: "",
    message: "",
  };
  const deployment = aDeployment({ image: "web:2" });
  const conditions = present === undefined ? [] : [canaryCondition(present, iso(NOON + toldMs))];
  const held = aHeld({ started, detached: started });
  const status = { conditions };
  const snapshot = aSnapshot({ plan, now: NOON + afterMs, deployment: { ...deployment, status }, held });
  return report({ ...snapshot, run }, says);
}

const short = { interval: "10s" };
const rows: [string, ReturnType<typeof telling>, "writes" | "is silent"][] = [
  ["nothing to say", telling(undefined, 0), "is silent"],
  ["the first word of a rollout", telling(preparing("a"), 0), "writes"],
  ["the first word, after the last rollout's", telling(preparing("a"), 0, preparing("z"), -60_000), "writes"],
  ["what stands there already", telling(preparing("a"), 60_000, preparing("a")), "is silent"],
  [
    "half a character, which is stored as no character",
    telling(holding("\ud83d"), 60_000, holding("\ufffd")),
    "is silent",
  ],
  ["what may pass in a moment", telling(preparing("b"), 1_000, preparing("a")), "is silent"],
  ["what has not passed", telling(preparing("b"), 5_000, preparing("a")), "writes"],
  ["a promotion that may end in a moment", telling(promoting("b"), 1_000, preparing("a")), "is silent"],
  ["a promotion that has not ended", telling(promoting("b"), 5_000, preparing("a")), "writes"],
  ["why it holds, at once", telling(holding("b"), 1_000, preparing("a")), "writes"],
  ["the next of short steps", telling(progressing("b"), 10_000, progressing("a"), 0, short), "writes"],
  ["that a step lacks evidence", telling(holding("b"), 10_000, progressing("a")), "writes"],
  [
    "that a short step lacks evidence, soon",
    telling(holding("b"), 10_000, progressing("a"), 0, short),
    "is silent",
  ],
  [
    "that a short step lacks evidence, later",
    telling(holding("b"), 30_000, progressing("a"), 0, short),
    "writes",
  ],
  [
    "that a short step lacks evidence, beside the weight of the step before",
    telling(holding("b"), 10_000, progressing("a"), 0, { ...short, stepMs: 5_000 }),
    "writes",
  ],
  [
    "why a short step waits",
    telling(waitingFor("traffic", "b"), 9_000, progressing("a"), 0, short),
    "writes",
  ],
  ["only other numbers, soon", telling(holding("3 of 5"), 20_000, holding("2 of 5")), "is silent"],
  [
    "only other numbers beside half a character, soon",
    telling(holding("3 of \ud83d"), 20_000, holding("2 of \ufffd")),
    "is silent",
  ],
  ["only other numbers, later", telling(holding("3 of 5"), 30_000, holding("2 of 5")), "writes"],
  ["another verdict of a step, soon", telling(progressing("a: 2"), 20_000, progressing("a: 1")), "is silent"],
  ["who else came meanwhile, at once", telling(progressing("a: 2. b"), 1_000, progressing("a: 1")), "writes"],
  [
    "other numbers of who else came, soon",
    telling(progressing("a: 2. 3 of b"), 20_000, progressing("a: 1. 2 of b")),
    "is silent",
  ],
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
