import { expect } from "chai";
import { noEvidence } from "../../../../rollout/judge/fold.ts";
import { RUN } from "../../../../rollout/keys.ts";
import {
  formatRun,
  isRunRecordNewer,
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
    ].map((wrong) => JSON.stringify({ ...run, ...wrong })),
  ];
  for (const [i, text] of garbage.entries()) {
    it(`is absent if a user has written something else (${i + 1})`, () => {
      expect(lastRunOf(withRun(text)), text).to.equal(undefined);
      expect(runRecordOf(withRun(text), AT_NOON), text).to.equal(undefined);
    });
  }

  describe("keeps the rollout but drops", () => {
    const good = noEvidence({ since: 1_000, from: 0, tickMs: 5_000, phi: 1, bounds: [0.1] });
    const wrong: Record<string, unknown> = {
      "no evidence at all": {},
      "evidence that is a number": 1,
      "evidence that is null": null,
      "a missing tick": { ...good, tickMs: undefined },
      "a tick of a millisecond": { ...good, tickMs: 1 },
      "a tick below zero": { ...good, tickMs: -5_000 },
      "a tick of a part of a millisecond": { ...good, tickMs: 5_000.5 },
      "an endless tick": { ...good, tickMs: "1e999" },
      "a tick of years": { ...good, tickMs: 1e12 },
      "an instant that is text": { ...good, at: "noon" },
      "an endless instant": { ...good, at: "1e999" },
      "an instant to which no tick can be added": { ...good, from: -1e300, at: -1e300 },
      "an instant off the grid of its ticks": { ...good, at: 5_001 },
      "a beginning off the grid of its ticks": { ...good, from: 1, at: 5_000 },
      "an end before its beginning": { ...good, from: 10_000, at: 5_000 },
      "no dispersion": { ...good, phi: 0 },
      "no comparison of errors": { ...good, errors: {} },
      "totals of three numbers": { ...good, errors: { ...good.errors, totals: [1, 2, 3] } },
      "totals below zero": { ...good, errors: { ...good.errors, totals: [-1, 2, 3, 4] } },
      "fewer comparisons than boundaries": { ...good, latency: [] },
      "fewer rates than boundaries": { ...good, rates: { failed: 0.1, slow: [] } },
      "a comparison of null": { ...good, latency: [null] },
      "evidence of harm that is text": { ...good, errors: { ...good.errors, harm: { t: 1, logS: ["x"] } } },
      "a limit's test without a total": { ...good, guards: { "p99 <= 1s": { bad: 1 } } },
      "failures that are no numbers": { ...good, codes: { 500: "many" } },
      "one version's requests": { ...good, inStep: { canary: 1 } },
      "restarts without a comparison": { ...good, restarts: { at: 1, counted: {}, pods: {} } },
      "no versions present": { ...good, present: {} },
    };
    for (const [what, evidence] of Object.entries(wrong)) {
      it(what, () => {
        const text = JSON.stringify({ ...run, evidence }).replaceAll('"1e999"', "1e999");
        expect(runRecordOf(withRun(text), AT_NOON)).to.deep.equal(run);
      });
    }
    it("nothing of evidence that it wrote itself", () => {
      const written = { ...run, evidence: { ...good, rates: { failed: 0.1, slow: [0.2] } } };
      expect(runRecordOf(withRun(formatRun(written)), AT_NOON)).to.deep.equal(written);
    });
  });

  it("names its version, and is known as a newer Serin's when that is higher", () => {
    expect(JSON.parse(formatRun(run)).v).to.equal(1);
    expect(isRunRecordNewer(withRun(formatRun(run)))).to.equal(false);
    const newer = withRun(JSON.stringify({ ...run, v: 2, more: true }));
    expect(isRunRecordNewer(newer)).to.equal(true);
    expect(lastRunOf(newer), "what is known of it").to.deep.include(run);
  });
});
