import { expect } from "chai";
import { RUN } from "../../../../rollout/keys.ts";
import {
  formatRun,
  lastRunOf,
  type RunRecord,
  runRecordOf,
} from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aReplicaSet } from "../../../support/builders.ts";

const run: RunRecord = {
  started: AT_NOON,
  outcome: "running",
  step: 1,
  stepSince: AT_NOON,
  stable: "web1",
  message: "m",
};
const withRun = (text: string) => aReplicaSet({ meta: { annotations: { [RUN]: text } } });

describe("the record on a ReplicaSet", () => {
  it("is read as it was written", () => {
    expect(runRecordOf(withRun(formatRun(run)), AT_NOON)).to.deep.equal(run);
    expect(runRecordOf(withRun(formatRun(run)), "another rollout")).to.equal(undefined);
  });

  const garbage = [
    "",
    "garbage",
    "{",
    "null",
    "[]",
    "5",
    "{}",
    ...[
      { started: 5 },
      { outcome: "won" },
      { step: "1" },
      { step: -1 },
      { step: 0.5 },
      { stepSince: "soon" },
      { stable: null },
      { message: {} },
      { hooks: "all" },
      { hooks: [5] },
      { inForceSince: "" },
      { detached: 7 },
      { unansweredSince: "x" },
      { evidence: 1 },
    ].map((wrong) => JSON.stringify({ ...run, ...wrong })),
  ];
  for (const [i, text] of garbage.entries()) {
    it(`is none where somebody has written something else (${i + 1})`, () => {
      expect(lastRunOf(withRun(text)), text).to.equal(undefined);
      expect(runRecordOf(withRun(text), AT_NOON), text).to.equal(undefined);
    });
  }
});
