import { expect } from "chai";
import type { Write } from "../../../../kube/core/writes.ts";
import { advance } from "../../../../rollout/stages/advance.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import { aDeployment, aHeld, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { after, MINUTE } from "../judge/decided.ts";

type Parts = NonNullable<Parameters<typeof aRollout>[0]>;

/** The run record after the decision one second into the step; absent: the decision leaves it as it is. */
function recordAfter(parts: Parts) {
  return recordIn({ ...aRollout({ now: NOON + 1_000, ...parts }), evidence: { gates: {} } }, advance);
}

function recordIn(snapshot: Snapshot, by: (snapshot: Snapshot) => Decision) {
  const write = by(snapshot).writes.find((one) => one.verb === "merge" && one.kind === "replicasets");
  return write && snapshot.canary && lastRunOf(merged(snapshot.canary, write));
}

const unpauses = (writes: readonly Write[]) =>
  JSON.stringify(writes).includes('"path":"/spec/paused","value":false');

describe("the order to advance", () => {
  const requests = [{ user: "jane", verb: "advance", at: "2026-01-01T00:00:00Z" }] as const;

  it("ends the step that it names before its time and without proof, and says who asked", () => {
    const found = recordAfter({ held: aHeld({ advance: 1, requests }) });
    expect(found).to.include({ outcome: "running", step: 1, granted: 25 });
    expect(found?.message).to.match(/^step 2 of 3 after 10%: advanced on request, asked by jane: /);
  });

  it("does nothing to a step that it does not name, and never promotes", () => {
    for (const [advance, step] of [
      [2, 0],
      [1, 1],
      [3, 2],
    ] as const)
      expect(
        recordAfter({ held: aHeld({ advance }), run: { step }, weight: [10, 25, 50][step] as number }),
      ).to.equal(undefined);
  });

  it("does not keep a harmful canary from being rolled back", () => {
    const held = aHeld({ advance: 1 });
    const snapshot = aRollout({ held, now: NOON + MINUTE });
    const judged = after(1, snapshot, { total: 100, failed: 50 }, { total: 900 });
    expect(recordIn({ ...snapshot, evidence: { gates: {}, judged } }, decide)).to.include({
      outcome: "failed",
      step: 0,
    });
  });

  it("leaves a Deployment paused that the user paused", () => {
    const deployment = aDeployment({ image: "web:2", paused: true });
    expect(recordAfter({ held: aHeld({ advance: 1 }), deployment })).to.equal(undefined);
  });

  it("ends the plan's pause that it names, and then goes on", () => {
    const parts = (advance: number, paused: boolean): Parts => ({
      annotations: { "serin.dev/steps": "10, pause, 50" },
      held: aHeld({ advance, requests }),
      run: { step: 1, paused: true },
      deployment: aDeployment({
        image: "web:2",
        paused,
        annotations: { "serin.dev/steps": "10, pause, 50" },
      }),
    });
    expect(unpauses(advance(aRollout(parts(2, true))).writes)).to.equal(true);
    expect(unpauses(advance(aRollout(parts(1, true))).writes)).to.equal(false);
    expect(recordAfter(parts(2, false))).to.include({
      step: 2,
      message: "step 3 of 3 after 10%: advanced on request, asked by jane",
    });
  });
});
