import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { ContainerStatus, Pod } from "../../../../kube/core/workloads.ts";
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
const app = (status: Partial<ContainerStatus>) =>
  aPod({ containerStatuses: [{ name: "app", ready: false, ...status }] });
const killed = (exitCode: number, reason: string) => ({ lastState: { terminated: { exitCode, reason } } });
const loops = {
  waiting: { reason: "CrashLoopBackOff", message: "back-off 20s restarting failed container" },
};

/** A step since noon that wants two pods and has one that is ready. */
function short(minutes: number, [pod, ...others]: readonly Pod[], run: { unroutedSince?: string } = {}) {
  const isOver = pod?.status?.phase === "Failed";
  const base = aRollout({ now: NOON + minutes * MINUTE, run: { step: 1, stepSince: at(0), ...run } });
  const canary = { ...(base.canary ?? aReplicaSet()), status: { replicas: 2, readyReplicas: 1 } };
  const pods = pod === undefined || isOver ? others : [pod, ...others];
  const endpoints = new Map([["web-canary", 1]]);
  return { ...base, canary, endpoints, pods, endedPods: isOver ? [pod] : [] };
}

/** What happened, the pod as Kubernetes shows it, what Serin says of it, and whether the version is to blame. */
const shapes: [string, Pod, string, boolean?][] = [
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
  [
    "hears nothing of its node",
    aPod({ conditions: [condition("Ready", "False"), condition("ContainersReady", "True")] }),
    "pod web-x: its node does not report, and its containers were ready before",
  ],
  [
    "kills it for its memory, again and again",
    app({ restartCount: 2, state: loops, ...killed(137, "OOMKilled") }),
    "pod web-x: container app is in CrashLoopBackOff after 2 restarts: back-off 20s restarting failed container; " +
      "it ended with exit code 137 (OOMKilled)",
    true,
  ],
  [
    "has killed it for its memory, and has started it again",
    app({ restartCount: 3, state: {}, ...killed(137, "OOMKilled") }),
    "pod web-x: containers with unready status: [app]; container app has restarted 3 times; it ended with exit code 137 (OOMKilled)",
  ],
  [
    "has killed it just now",
    app({ restartCount: 0, state: { terminated: { exitCode: 137, reason: "OOMKilled" } } }),
    "pod web-x: containers with unready status: [app]; container app ended with exit code 137 (OOMKilled)",
  ],
  [
    "kills it when its liveness probe fails",
    app({ restartCount: 2, state: loops, ...killed(137, "Error") }),
    "pod web-x: container app is in CrashLoopBackOff after 2 restarts: back-off 20s restarting failed container; " +
      "it ended with exit code 137 (Error): something killed it, as the kubelet does after a failed liveness probe",
    true,
  ],
  [
    "asks it to end when its liveness probe fails",
    app({ restartCount: 1, state: {}, ...killed(143, "Error") }),
    "pod web-x: containers with unready status: [app]; container app has restarted once; " +
      "it ended with exit code 143 (Error): something killed it, as the kubelet does after a failed liveness probe",
  ],
];

describe("a canary pod is told of in the words of Kubernetes, if it", () => {
  for (const [what, pod, says, isBlamed = false] of shapes)
    it(`${what}: ${isBlamed ? "the version is to blame" : "no verdict"}`, () => {
      const snapshot = short(6, [pod]);
      expect(shortage(snapshot)).to.equal(`: ${says}`);
      expect(unhealthy(snapshot)).to.equal(isBlamed ? says : undefined);
      expect(overdue(snapshot, 2)).to.equal(undefined);
    });

  it("is not ready yet, without a word of its init container, which was restarted and has done its work", () => {
    const state = { terminated: { exitCode: 0, reason: "Completed" } };
    const done = { name: "wait", ready: true, restartCount: 4, state, ...killed(1, "Error") };
    const pod = aPod({ initContainerStatuses: [done], containerStatuses: [{ name: "app", ready: false }] });
    expect(shortage(short(6, [pod]))).to.equal(": pod web-x: containers with unready status: [app]");
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
