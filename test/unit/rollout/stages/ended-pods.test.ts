import { expect } from "chai";
import type { Pod } from "../../../../kube/core/workloads.ts";
import { shortage } from "../../../../rollout/stages/health.ts";
import { awaitReady } from "../../../../rollout/stages/prepare.ts";
import { aReplicaSet, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const MINUTE = 60_000;
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();
const DISK = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.";

const evicted = (name: string, minutes: number): Pod => ({
  metadata: { name, creationTimestamp: at(minutes - 1) },
  status: {
    phase: "Failed",
    reason: "Evicted",
    message: DISK,
    conditions: [{ type: "Ready", status: "False", lastTransitionTime: at(minutes) }],
  },
});
const refused: Pod = {
  metadata: { name: "web-r", creationTimestamp: at(29) },
  status: { phase: "Failed", reason: "OutOfcpu" },
};
const fresh = (minutes: number): Pod => ({
  metadata: { name: "web-new", creationTimestamp: at(minutes) },
  status: { phase: "Pending" },
});

/** A step since noon that wants two pods and has one that is ready, at `minutes`. */
function short(minutes: number, endedPods: readonly Pod[], run: { unroutedSince?: string } = {}) {
  const base = aRollout({ now: NOON + minutes * MINUTE, run: { step: 1, stepSince: at(0), ...run } });
  const canary = { ...(base.canary ?? aReplicaSet()), status: { replicas: 2, readyReplicas: 1 } };
  return { ...base, canary, endpoints: new Map([["web-canary", 1]]), pods: [fresh(minutes)], endedPods };
}

describe("a canary whose pods end", () => {
  it("says how the last one of the step has ended", () => {
    expect(shortage(short(30, [evicted("web-a", 10), evicted("web-b", 20)]))).to.equal(
      `: pod web-b has ended: Evicted: ${DISK}`,
    );
    expect(shortage(short(30, [refused, evicted("web-b", 20)]))).to.equal(": pod web-r has ended: OutOfcpu");
    expect(shortage(short(30, [evicted("web-a", -5)])), "in an earlier step").to.equal("");
  });

  it("adds it to the reason of the pod that follows", () => {
    const snapshot = short(30, [evicted("web-b", 20)]);
    const conditions = [{ type: "PodScheduled", status: "False", message: "0/3 nodes" } as const];
    const pods = [{ ...fresh(30), status: { phase: "Pending", conditions } }];
    expect(shortage({ ...snapshot, pods })).to.equal(
      `: pod web-new: the scheduler finds no node: 0/3 nodes; pod web-b has ended: Evicted: ${DISK}`,
    );
  });

  it("one after the other, ends at the deadline, although no pod is old", () => {
    const ended = [evicted("web-b", 29)];
    expect(JSON.stringify(awaitReady(short(30, ended))?.writes))
      .to.include("unroutedSince")
      .and.not.include("failed");
    expect(awaitReady(short(30, ended, { unroutedSince: at(21) }))?.writes).to.deep.equal([]);
    expect(JSON.stringify(awaitReady(short(30, ended, { unroutedSince: at(19) }))?.writes)).to.include(
      `waiting for ready canary pods, 1 of 2 so far: pod web-b has ended: Evicted: ${DISK}, for 600s`,
    );
  });

  it("has no other deadline than that of its pods if none has ended", () => {
    expect(awaitReady(short(30, []))?.writes).to.deep.equal([]);
  });
});
