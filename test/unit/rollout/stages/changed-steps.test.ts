import { expect } from "chai";
import { followSteps } from "../../../../rollout/stages/changed-steps.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { grantedExposure, type Snapshot, wantedSurge } from "../../../../rollout/stages/snapshot.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aDeployment, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { after, MINUTE, recorded } from "../judge/decided.ts";

const NOW = NOON + 20 * MINUTE;

describe("a plan whose steps change in flight", () => {
  const granted = (steps: string) => {
    const run = { step: 2, granted: 25 };
    const snapshot = aRollout({ annotations: { "serin.dev/steps": steps }, run, weight: 25 });
    return [grantedExposure(snapshot).weight, wantedSurge(snapshot)];
  };

  it("gives the canary no weight beyond the one that it was granted, nor pods for it", () => {
    expect(granted("5, 10, 25"), "the same plan").to.deep.equal([25, "25%"]);
    expect(granted("25, 50, 75, 100")).to.deep.equal([25, "25%"]);
    expect(granted("5, 10, 15, 20, 25"), "less at once").to.deep.equal([15, "15%"]);
  });

  /** A canary by pods that has been proven at step 2 of 10, 20, 30, and whose plan now has these steps. */
  const proven = (steps: string, run: Partial<RunRecord> = {}): Snapshot => {
    const annotations = { "serin.dev/steps": steps, "serin.dev/metrics": "application" };
    const record = { step: 1, granted: 20, inForceSince: AT_NOON, ...run };
    const rollout = aRollout({ annotations, run: record, routes: [], now: NOW });
    const judged = after(20, rollout, { total: 500 }, { total: 500 });
    return { ...rollout, evidence: { gates: {}, judged } };
  };

  it("begins the step that it goes back to anew, with the evidence of harm that it has", () => {
    const snapshot = proven("40, 60, 80");
    const found = recorded(decide(snapshot));
    expect(found).to.include({ step: 0, granted: 40, stepSince: instant(NOW) });
    expect(found).not.to.have.any.keys("inForceSince");
    expect(found?.evidence).to.deep.include({ at: snapshot.evidence?.judged?.at });
  });

  it("begins the first step anew as well if its weight rises", () => {
    const found = recorded(decide(proven("40, 60", { step: 0, granted: 10 })));
    expect(found).to.include({ step: 0, granted: 40, stepSince: instant(NOW) });
  });

  it("writes that once, and nothing while the steps are the same or the step has less weight", () => {
    const once = recorded(decide(proven("40, 60, 80")));
    expect(followSteps(proven("40, 60, 80", once))).to.equal(undefined);
    expect(followSteps(proven("10, 20, 30"))).to.equal(undefined);
    expect(followSteps(proven("10, 15, 30"))).to.equal(undefined);
  });

  it("lets the step wait for its own time and evidence", () => {
    const { inForceSince: _since, ...once } = recorded(decide(proven("40, 60, 80"))) ?? {};
    const late = aRollout({
      annotations: { "serin.dev/steps": "40, 60, 80", "serin.dev/metrics": "application" },
      run: { ...once, inForceSince: instant(NOW) },
      routes: [],
      now: NOW + 1_000,
    });
    expect(late.judgeInput?.terms.stepFrom).to.equal(NOW);
  });

  it("does not take the plan's pause for the user's own", () => {
    const paused = (isPaused: boolean) => {
      const snapshot = proven("40, 60, 80", { paused: true });
      const { deployment } = snapshot;
      const spec = { ...deployment.spec, paused: isPaused };
      return recorded(decide({ ...snapshot, deployment: { ...aDeployment(), ...deployment, spec } }));
    };
    expect(paused(true)).to.include({ step: 0, paused: true });
    expect(paused(false)).to.include({ step: 0 }).and.not.have.property("paused");
  });
});
