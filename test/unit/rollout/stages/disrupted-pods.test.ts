import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { Pod } from "../../../../kube/core/workloads.ts";
import { overdue, shortage, unhealthy } from "../../../../rollout/stages/health.ts";
import { awaitReady } from "../../../../rollout/stages/prepare.ts";
import { aReplicaSet, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const MINUTE = 60_000;
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();
const condition = (type: string, status: "True" | "False", said: Partial<Condition> = {}): Condition => ({
  type,
  status,
  lastTransitionTime: at(5),
  ...said,
});
const UNREADY = { reason: "ContainersNotReady", message: "containers with unready status: [app]" };
const unready = [
  condition("Ready", "False", UNREADY),
  condition("ContainersReady", "False", UNREADY),
  condition("PodScheduled", "True"),
];
const aPod = (status: Pod["status"], meta: Partial<Pod["metadata"]> = {}): Pod => ({
  metadata: { name: "web-x", creationTimestamp: at(0), ...meta },
  status: { phase: "Running", conditions: unready, ...status },
});
/** A pod that the API server deletes, with its reason as Kubernetes 1.36 writes it. */
const going = (reason: string, message: string) =>
  aPod(
    { conditions: [...unready, condition("DisruptionTarget", "True", { reason, message })] },
    { deletionTimestamp: at(5) },
  );
const ended = (status: Pod["status"]) => aPod({ phase: "Failed", containerStatuses: [], ...status });

/** A step since noon that wants two pods and has one that is ready. */
function short(minutes: number, [pod, ...others]: readonly Pod[], run: { unroutedSince?: string } = {}) {
  const isOver = pod?.status?.phase === "Failed";
  const base = aRollout({ now: NOON + minutes * MINUTE, run: { step: 1, stepSince: at(0), ...run } });
  const canary = { ...(base.canary ?? aReplicaSet()), status: { replicas: 2, readyReplicas: 1 } };
  const pods = pod === undefined || isOver ? others : [pod, ...others];
  const endpoints = new Map([["web-canary", 1]]);
  return { ...base, canary, endpoints, pods, endedPods: isOver ? [pod] : [] };
}

/** What happened, the pod as Kubernetes shows it, and what Serin says of it. */
const shapes: [string, Pod, string][] = [
  [
    "preempts it for a pod of a higher priority",
    going("PreemptionByScheduler", "default-scheduler: preempting to accommodate a higher priority pod"),
    "pod web-x is being deleted: PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod",
  ],
  [
    "drains its node",
    going("EvictionByEvictionAPI", "Eviction API: evicting"),
    "pod web-x is being deleted: EvictionByEvictionAPI: Eviction API: evicting",
  ],
  [
    "deletes it with its lost node",
    going("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"),
    "pod web-x is being deleted: DeletionByTaintManager: Taint manager: deleting due to NoExecute taint",
  ],
  ["deletes it for a person", aPod({}, { deletionTimestamp: at(5) }), "pod web-x is being deleted"],
  [
    "shuts its node down",
    ended({ reason: "Terminated", message: "Pod was terminated in response to imminent node shutdown." }),
    "pod web-x has ended: Terminated: Pod was terminated in response to imminent node shutdown.",
  ],
  [
    "refuses it on a node that shuts down",
    ended({
      conditions: [],
      reason: "NodeShutdown",
      message: "Pod was rejected as the node is shutting down.",
    }),
    "pod web-x has ended: NodeShutdown: Pod was rejected as the node is shutting down.",
  ],
  [
    "ends its containers after a preemption",
    ended({
      conditions: [
        ...unready,
        condition("DisruptionTarget", "True", { reason: "PreemptionByScheduler", message: "preempting" }),
      ],
    }),
    "pod web-x has ended: PreemptionByScheduler: preempting",
  ],
  [
    "has changed its mind about a disruption",
    ended({ conditions: [condition("DisruptionTarget", "False", { reason: "PreemptionByScheduler" })] }),
    "pod web-x has ended",
  ],
];

describe("a canary pod is told of in the words of Kubernetes, if it", () => {
  for (const [what, pod, says] of shapes)
    it(`${what}, and there is no verdict`, () => {
      const snapshot = short(6, [pod]);
      expect(shortage(snapshot)).to.equal(`: ${says}`);
      expect(unhealthy(snapshot)).to.equal(undefined);
      expect(overdue(snapshot, 2)).to.equal(undefined);
    });
});

describe("a canary whose pods are deleted, one after the other", () => {
  const fresh = aPod({ phase: "Pending", conditions: [] }, { name: "web-new", creationTimestamp: at(29) });
  const preempted = { ...going("PreemptionByScheduler", "preempting") };
  const leaving = { ...preempted, metadata: { ...preempted.metadata, deletionTimestamp: at(29) } };

  it("has one deadline over all of them, also while none of them is going", () => {
    const noted = (pods: readonly Pod[]) => JSON.stringify(awaitReady(short(30, pods))?.writes);
    expect(noted([leaving, fresh]))
      .to.include("unroutedSince")
      .and.not.include("failed");
    expect(noted([fresh]), "the first pods of a step").to.equal("[]");
    const late = JSON.stringify(awaitReady(short(30, [fresh], { unroutedSince: at(19) }))?.writes);
    expect(late).to.include("waiting for ready canary pods, 1 of 2 so far, for 600s");
    const early = awaitReady(short(30, [leaving, fresh], { unroutedSince: at(21) }));
    expect(early?.writes).to.deep.equal([]);
    expect(early?.condition?.message).to.include("pod web-x is being deleted: PreemptionByScheduler");
  });

  it("has no such deadline for a pod that went in an earlier step, as one of a lost node that does not go", () => {
    const old = { ...preempted, metadata: { ...preempted.metadata, deletionTimestamp: at(-1) } };
    expect(awaitReady(short(30, [old, fresh]))?.writes).to.deep.equal([]);
    expect(shortage(short(30, [old, fresh]))).to.equal("");
  });
});
