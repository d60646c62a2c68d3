import { expect } from "chai";
import { deadlineIn, overdue } from "../../rollout/health.ts";
import type { Condition } from "../../rollout/objects.ts";
import { AT_NOON, aHeld, aReplicaSet, NOON, seenOf } from "../support/builders.ts";

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
  return seenOf({ now: NOON + minutes * MINUTE, held: aHeld({ started: AT_NOON }), canary, pods: [] });
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

  it("has the whole deadline when it is refused late", () => {
    expect(overdue(lacking(65, 60), 1)).to.equal(undefined);
    expect(overdue(lacking(70.1, 60), 1)).to.contain("exceeded quota");
    expect(deadlineIn(lacking(69.5, 60))).to.equal(0.5 * MINUTE + 1_000);
  });
});
