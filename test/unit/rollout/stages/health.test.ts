import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { Pod } from "../../../../kube/core/workloads.ts";
import { deadlineIn, overdue } from "../../../../rollout/stages/health.ts";
import { AT_NOON, aHeld, aReplicaSet, aSnapshot, NOON } from "../../../support/builders.ts";

const MINUTE = 60_000;
const DEADLINE_MINUTES = 10;

/** A rollout that began at noon and lacks its only pod; native control has been refused it since so many minutes. */
function lacking(minutes: number, refusedAfter?: number) {
  const conditions: Condition[] = [
    {
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: "exceeded quota",
      lastTransitionTime: new Date(NOON + (refusedAfter ?? 0) * MINUTE).toISOString(),
    },
  ];
  const canary = { ...aReplicaSet(), status: refusedAfter === undefined ? {} : { conditions } };
  return aSnapshot({ now: NOON + minutes * MINUTE, held: aHeld({ started: AT_NOON }), canary, pods: [] });
}

describe("a canary that lacks a pod", () => {
  it("has not failed while the pod is being replaced, however old the step is", () => {
    expect(overdue(lacking(3 * 60), 1)).to.equal(undefined);
  });

  it("has failed when native control was refused it for the Deployment's deadline", () => {
    expect(overdue(lacking(DEADLINE_MINUTES, 0), 1)).to.equal(undefined);
    expect(overdue(lacking(DEADLINE_MINUTES + 0.1, 0), 1)).to.equal(
      "only 0 of 1 canary pods were created within progressDeadlineSeconds (600s): exceeded quota",
    );
  });

  it("has failed in the same way while the pod before it does not go, as on a lost node", () => {
    const going = { metadata: { name: "web-x", deletionTimestamp: new Date(NOON).toISOString() } };
    const late = { ...lacking(DEADLINE_MINUTES + 0.1, 0), pods: [going] };
    expect(overdue(late, 1)).to.match(/^only 0 of 1 canary pods were created .*: exceeded quota$/);
  });

  it("has the whole deadline when it is refused late", () => {
    expect(overdue(lacking(65, 60), 1)).to.equal(undefined);
    expect(overdue(lacking(70.1, 60), 1)).to.contain("exceeded quota");
    expect(deadlineIn(lacking(69.5, 60))).to.equal(0.5 * MINUTE + 1_000);
  });
});

describe("a canary with a pod that is not ready", () => {
  const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();
  const seenAt = (minutes: number, pod: Partial<Pod["metadata"]>, readySince?: number) => {
    const ready = readySince !== undefined && {
      status: {
        conditions: [{ type: "Ready", status: "False", lastTransitionTime: at(readySince) } as const],
      },
    };
    const pods = [{ metadata: { name: "web-x", creationTimestamp: at(0), ...pod }, ...ready }];
    return aSnapshot({ now: NOON + minutes * MINUTE, held: aHeld({ started: AT_NOON }), pods });
  };
  const late = "pod web-x did not become ready within progressDeadlineSeconds (600s)";

  it("has failed when it has not been ready within the Deployment's deadline", () => {
    expect(overdue(seenAt(DEADLINE_MINUTES, {}), 1)).to.equal(undefined);
    expect(overdue(seenAt(DEADLINE_MINUTES + 0.1, {}), 1)).to.equal(late);
    expect(overdue(seenAt(DEADLINE_MINUTES + 0.1, {}, 0), 1)).to.equal(late);
  });

  it("has the whole deadline when it was ready before: its node may be lost", () => {
    expect(overdue(seenAt(61, {}, 60), 1)).to.equal(undefined);
    expect(deadlineIn(seenAt(69.5, {}, 60))).to.equal(0.5 * MINUTE + 1_000);
    expect(overdue(seenAt(70.1, {}, 60), 1)).to.equal(late);
  });

  it("has not failed while that pod goes, however long it takes", () => {
    expect(overdue(seenAt(60, { deletionTimestamp: at(59) }, 59), 1)).to.equal(undefined);
  });
});
