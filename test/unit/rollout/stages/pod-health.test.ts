import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { ContainerStatus, Pod } from "../../../../kube/core/workloads.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { overdue, shortage, unhealthy } from "../../../../rollout/stages/health.ts";
import { podReason } from "../../../../rollout/stages/pod-reason.ts";
import { beginRecord } from "../../../../rollout/stages/prepare.ts";
import { snapshotOf } from "../../../../rollout/stages/snapshot-of.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const MINUTE = 60_000;
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();
const unready: Condition = {
  type: "Ready",
  status: "False",
  message: "containers with unready status: [app]",
};

const aPod = (status: Pod["status"], created = 0): Pod => ({
  metadata: { name: "web-x", creationTimestamp: at(created) },
  status: { conditions: [unready], ...status },
});
const waits = (reason: string, restartCount = 0, message?: string): ContainerStatus => ({
  name: "app",
  restartCount,
  state: { waiting: { reason, ...(message !== undefined && { message }) } },
});
const looping = (restarts: number, of: "containerStatuses" | "initContainerStatuses" = "containerStatuses") =>
  aPod({ [of]: [waits("CrashLoopBackOff", restarts)] });
/** Stable pods of which so many are not ready. */
const stable = (unwell: number) => aReplicaSet({ ready: 5 - unwell });

describe("a canary pod in trouble", () => {
  for (const weight of [0, 10]) {
    const told = (pod: Pod, unwell = 0) =>
      unhealthy(
        aRollout({ weight, pods: [pod], replicaSets: [stable(unwell), ...aRollout().replicaSets.slice(1)] }),
      );

    it(`may heal at ${weight}%: one look at it ends no rollout`, () => {
      for (const reason of [
        "ImagePullBackOff",
        "ErrImagePull",
        "CreateContainerConfigError",
        "ContainerCreating",
      ])
        expect(told(aPod({ containerStatuses: [waits(reason)] })), reason).to.equal(undefined);
      for (const restarts of [0, 1]) {
        expect(told(looping(restarts))).to.equal(undefined);
        expect(told(looping(restarts, "initContainerStatuses"))).to.equal(undefined);
      }
    });

    it(`has failed at ${weight}% after several restarts, while all stable pods are well`, () => {
      expect(told(looping(3))).to.equal("pod web-x: container app is in CrashLoopBackOff after 3 restarts");
      expect(told(looping(3, "initContainerStatuses"))).to.match(/after 3 restarts/);
      expect(told(looping(3), 1), "a stable pod is not ready either").to.equal(undefined);
      expect(told(aPod({ containerStatuses: [{ name: "app", restartCount: 3 }] })), "it runs again").to.equal(
        undefined,
      );
    });

    it(`has not failed at ${weight}% by the restarts of containers that run again or have ended`, () => {
      const waited = { name: "wait", restartCount: 5 };
      const proxy = { name: "proxy", restartCount: 1 };
      const pod = aPod({
        initContainerStatuses: [waited, proxy],
        containerStatuses: [waits("CrashLoopBackOff", 1)],
      });
      expect(told(pod)).to.equal(undefined);
    });

    it(`has failed at ${weight}% at once if its image has no valid name`, () => {
      expect(told(aPod({ containerStatuses: [waits("InvalidImageName")] }))).to.match(/InvalidImageName/);
    });
  }

  it("has failed after fewer restarts while it has traffic", () => {
    expect(unhealthy(aRollout({ weight: 10, pods: [looping(2)] }))).to.match(/after 2 restarts/);
    expect(unhealthy(aRollout({ weight: 0, pods: [looping(2)] }))).to.equal(undefined);
  });
});

describe("the pod that a failure left, at a retry", () => {
  const held = aHeld({ started: at(30) });
  const kept = looping(7);

  it("has its restarts counted from the retry", () => {
    const begun = JSON.stringify(
      beginRecord(
        aRollout({
          held,
          pods: [kept, { ...looping(1), metadata: { name: "new", creationTimestamp: at(31) } }],
        }),
        "",
      ),
    );
    expect(begun).to.contain(String.raw`\"restarts\":{\"web-x/app\":7}`);
    const judged = (restarts: number) =>
      unhealthy(aRollout({ weight: 0, pods: [looping(restarts)], run: { restarts: { "web-x/app": 7 } } }));
    expect(judged(9)).to.equal(undefined);
    expect(judged(10)).to.match(/after 10 restarts/);
    expect(JSON.stringify(beginRecord(aRollout({ pods: [] }), ""))).not.to.contain("restarts");
  });

  it("has the whole deadline from the retry", () => {
    const late = (minutes: number) =>
      overdue(
        aRollout({
          held,
          pods: [kept],
          now: NOON + minutes * MINUTE,
          run: { started: at(30), stepSince: at(30) },
        }),
        1,
      );
    expect(late(31)).to.equal(undefined);
    expect(late(41)).to.match(
      /did not become ready within progressDeadlineSeconds \(600s\): container app is in Crash/,
    );
  });
});

describe("why a pod is not ready", () => {
  const scheduler = "0/3 nodes are available: 3 Insufficient cpu.";
  const cases: [string, Pod["status"], string][] = [
    [
      "no node has room",
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: scheduler }],
      },
      `: the scheduler finds no node: ${scheduler}`,
    ],
    [
      "a scheduling gate holds it",
      {
        phase: "Pending",
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "SchedulingGated",
            message: "Scheduling is blocked due to non-empty scheduling gates",
          },
        ],
      },
      ": its scheduling gates keep it from the scheduler: Scheduling is blocked due to non-empty scheduling gates",
    ],
    [
      "its image cannot be pulled",
      { containerStatuses: [waits("ImagePullBackOff", 0, 'Back-off pulling image "web:4"')] },
      ': container app is in ImagePullBackOff: Back-off pulling image "web:4"',
    ],
    [
      "a ConfigMap is missing",
      { containerStatuses: [waits("CreateContainerConfigError", 0, 'configmap "limits" not found')] },
      ': container app is in CreateContainerConfigError: configmap "limits" not found',
    ],
    [
      "an init container crashes",
      {
        initContainerStatuses: [
          {
            ...waits("CrashLoopBackOff", 2),
            name: "wait",
            lastState: { terminated: { exitCode: 1, reason: "Error" } },
          },
        ],
        containerStatuses: [waits("PodInitializing")],
      },
      ": container wait is in CrashLoopBackOff after 2 restarts; it ended with exit code 1 (Error)",
    ],
    [
      "a volume is not mounted",
      { containerStatuses: [waits("ContainerCreating")] },
      ": container app is in ContainerCreating; kubectl describe pod/web-x says more",
    ],
    [
      "its probe fails",
      { containerStatuses: [{ name: "app", state: {} }] },
      ": containers with unready status: [app]",
    ],
    ["nobody has said anything", { conditions: [] }, ""],
  ];
  for (const [when, status, told] of cases) {
    it(`is told when ${when}, while Serin waits and at the deadline`, () => {
      const pod = aPod(status);
      expect(podReason(pod)).to.equal(told);
      const snapshot = (minutes: number) => aRollout({ pods: [pod], now: NOON + minutes * MINUTE });
      expect(shortage(snapshot(1))).to.equal(told && `: pod web-x${told}`);
      expect(overdue(snapshot(11), 1)).to.equal(
        `pod web-x did not become ready within progressDeadlineSeconds (600s)${told}`,
      );
    });
  }

  it("is cut where others are long-winded", () => {
    expect(podReason(aPod({ containerStatuses: [waits("X", 0, "y".repeat(5_000))] })).length).to.be.below(
      400,
    );
  });
});

describe("a pod that has ended for good", () => {
  it("counts for nothing: it is neither unready nor present", () => {
    const held = aHeld();
    const canary = aReplicaSet({ image: "web:2", replicas: 1 });
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", controller: true } as const;
    const pods = ["Failed", "Succeeded", "Running", "Pending"].flatMap((phase) =>
      [canary, aReplicaSet()].map(({ metadata: { name, uid = "" } }) => ({
        metadata: { name: `${name}-${phase}`, namespace: "shop", ownerReferences: [{ ...owner, name, uid }] },
        status: { phase },
      })),
    );
    const ours = (set: ReturnType<typeof aReplicaSet>) => ({
      ...set,
      metadata: {
        ...set.metadata,
        ownerReferences: [{ ...owner, kind: "Deployment", name: "web", uid: "uid-web" }],
      },
    });
    const snapshot = snapshotOf({
      now: NOON,
      deployment: aDeployment({
        image: "web:2",
        annotations: { [HELD]: formatHoldRecord({ ...held, started: AT_NOON }) },
      }),
      replicaSets: [aReplicaSet(), canary].map(ours),
      services: [],
      marked: [],
      routes: [],
      grants: [],
      endpointSlices: [],
      pods,
    });
    expect(snapshot?.pods.map(({ status }) => status?.phase)).to.deep.equal(["Running", "Pending"]);
    expect(snapshot?.stablePods.map(({ status }) => status?.phase)).to.deep.equal(["Running", "Pending"]);
    expect(snapshot?.endedPods?.map(({ status }) => status?.phase)).to.deep.equal(["Failed", "Succeeded"]);
  });
});
