import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { withDeadline } from "../../../../rollout/stages/first-weight.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { reportWriteFailure } from "../../../../rollout/stages/write-failure.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { createCanaryService, writeRoute } from "../../../../rollout/traffic/writes.ts";
import { writeScale } from "../../../../rollout/workload/writes.ts";
import {
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aSnapshot,
  NOON,
} from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";

const MINUTE = 60_000;
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();
const waiting: Decision = {
  writes: [],
  condition: { status: "Unknown", reason: "Preparing", message: "waiting for something" },
};
const text = ({ writes }: Decision) => JSON.stringify(writes);
/** A rollout without a weight so many minutes after it began. */
const before = (minutes: number, parts: Parameters<typeof aRollout>[0] = {}) =>
  aRollout({ weight: 0, now: NOON + minutes * MINUTE, ...parts });

describe("a wait before the first weight", () => {
  it("ends at the Deployment's deadline, whatever it waits for", () => {
    expect(text(withDeadline(before(10), waiting))).to.equal("[]");
    const failed = text(withDeadline(before(10.2), waiting));
    expect(failed).to.contain(
      "rolled back before it had any traffic: the canary had no weight within progressDeadlineSeconds (600s): waiting for something",
    );
  });

  it("is looked at again when the deadline is over", () => {
    expect(withDeadline(before(10), waiting).waitMs).to.equal(10_001);
    expect(withDeadline(before(1), { ...waiting, waitMs: 5 }).waitMs).to.equal(5);
  });

  it("counts from where a hook or a pause of the user ended", () => {
    expect(text(withDeadline(before(20, { run: { stepSince: at(11) } }), waiting))).to.equal("[]");
    const paused = aDeployment({ image: "web:2", paused: true });
    const kept = text(withDeadline(before(20, { deployment: paused }), waiting));
    expect(kept)
      .to.contain(`stepSince\\":\\"${at(20)}`)
      .and.not.to.contain("failed");
    expect(text(withDeadline(before(2, { deployment: paused }), waiting))).to.equal("[]");
  });

  it("has a whole deadline again after a restore of etcd, before native control has created the canary", () => {
    const early = { ...before(60, { canary: undefined }), run: undefined };
    expect(text(withDeadline(early, waiting))).to.contain("failed");
    expect(text(withDeadline({ ...early, restoredAt: NOON + 55 * MINUTE }, waiting))).to.equal("[]");
  });

  it("has a whole deadline again after all pods were lost, and a deadline of its own while its routes are away", () => {
    expect(text(withDeadline(before(60, { since: NOON + 55 * MINUTE }), waiting))).to.equal("[]");
    expect(text(withDeadline(before(60, { run: { unroutedSince: at(59) } }), waiting))).to.equal("[]");
  });

  it("counts as before the first weight after a pause of the plan, too", () => {
    const parts = { annotations: { "serin.dev/steps": "pause, 10, 50" } };
    expect(text(withDeadline(before(11, { ...parts, run: { step: 1 } }), waiting))).to.contain("failed");
    expect(text(withDeadline(before(11, { ...parts, run: { step: 2 } }), waiting))).to.equal("[]");
  });

  it("has a whole deadline from the creation of the canary Service, which an outage may have delayed", () => {
    const late = aService({ meta: { name: "web-canary", creationTimestamp: at(55) } });
    expect(text(withDeadline(before(60, { canaryServices: [late] }), waiting))).to.equal("[]");
    expect(text(withDeadline(before(66, { canaryServices: [late] }), waiting))).to.contain("failed");
  });

  it("is no failure while it has writes or waits for a person", () => {
    const holding = { ...waiting, condition: { ...waiting.condition, reason: "Holding" } } as Decision;
    expect(withDeadline(before(60), holding)).to.equal(holding);
    const writing = { ...waiting, writes: [createCanaryService(aService())] };
    expect(withDeadline(before(60), writing)).to.equal(writing);
    expect(text(withDeadline(aRollout({ now: NOON + 60 * MINUTE }), waiting))).to.equal("[]");
    const ordered = before(60, { held: aHeld({ asked: "promote" }) });
    expect(text(withDeadline(ordered, waiting))).to.equal("[]");
  });

  it("includes that for a native control which does not look at the Deployment", () => {
    const isolated = merge(aService(), isolationPatch(aService(), "uid-web", "web1", at(0))) as Service;
    const deployment = aDeployment({ image: "web:2", meta: { generation: 9 } });
    const told = (minutes: number) => decide(before(minutes, { deployment, services: [isolated] }));
    expect(told(1).condition?.message).to.match(
      /^native control has not seen generation 9 .*promote=2 \(or abort\)/,
    );
    expect(text(told(11)))
      .to.contain("native control has not seen generation 9")
      .and.to.contain("failed");
  });
});

describe("a write that the API server refuses", () => {
  const canary = aReplicaSet({ image: "web:3" });
  const refused = {
    "a canary Service": createCanaryService(aService({ meta: { name: "web-canary" } })),
    "a route": writeRoute(aRoute(), "uid-web", undefined),
    "the size of a ReplicaSet": writeScale(canary, 3),
  };
  const said = "exceeded quota: tight, requested: count/services=1";

  for (const [what, write] of Object.entries(refused)) {
    it(`of ${what} ends the rollout at the deadline, in the API server's own words`, () => {
      const early = reportWriteFailure(before(9), write, said);
      expect(text(early)).to.contain(`${said}; kubectl annotate`).and.not.to.contain("failed");
      const late = text(reportWriteFailure(before(10.2), write, said));
      expect(late).to.contain("rolled back before it had any traffic").and.to.contain(said);
      expect(late).to.contain(String.raw`\"outcome\":\"failed\"`);
    });

    it(`of ${what} has the same time after the first weight, from the first refusal`, () => {
      const served = (minutes: number, refusedSince?: string) =>
        text(
          reportWriteFailure(
            aRollout({
              now: NOON + minutes * MINUTE,
              run: { step: 1, ...(refusedSince && { refusedSince }) },
            }),
            write,
            said,
          ),
        );
      expect(served(60))
        .to.contain(`refusedSince\\":\\"${at(60)}`)
        .and.not.to.contain("failed");
      expect(served(69, at(60)))
        .not.to.contain("failed")
        .and.not.to.contain("refusedSince");
      expect(served(71, at(60)))
        .to.contain("failed")
        .and.to.contain(said);
    });
  }

  it("of the first run record ends the rollout, too", () => {
    const unmarked = (minutes: number) => {
      const parts = { now: NOON + minutes * MINUTE, canary, replicaSets: [aReplicaSet(), canary] };
      return text(reportWriteFailure(aSnapshot(parts), writeScale(canary, 3), said));
    };
    expect(unmarked(9)).not.to.contain("rolled back");
    expect(unmarked(10.2)).to.contain(String.raw`\"phase\":\"failed\"`).and.to.contain("rolled back");
  });

  it("is not noted in the very record whose write is refused", () => {
    const { judged } = aRollout();
    const write = writeScale(judged ?? canary, 3);
    expect(text(reportWriteFailure(aRollout({ run: { step: 1 } }), write, said))).not.to.contain(
      "refusedSince",
    );
  });

  it("overrules no order and no verdict", () => {
    const write = refused["a canary Service"];
    for (const held of [
      aHeld({ asked: "promote" }),
      aHeld({ phase: "promoting" }),
      aHeld({ phase: "undone" }),
    ])
      expect(text(reportWriteFailure(before(60, { held }), write, said))).not.to.contain("rolled back");
  });

  it("is forgotten when the writes of the step have succeeded", () => {
    const run = { refusedSince: at(0) };
    const ready = { ...aRollout({ run }), now: NOON + MINUTE };
    const canaryReady = { ...(ready.canary ?? canary), status: { replicas: 1, readyReplicas: 1 } };
    const strategy = {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: "10%" },
    } as const;
    const deployment = { ...aDeployment({ image: "web:2", strategy }), status: { observedGeneration: 1 } };
    const decision = decide({
      ...ready,
      canary: canaryReady,
      deployment,
      services: [],
      routes: [],
    } as Snapshot);
    expect(text(decision)).to.contain("web-web2").and.not.to.contain("refusedSince");
  });
});
