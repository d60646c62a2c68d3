import { expect } from "chai";
import { allowed } from "../../../../rollout/admission/answer.ts";
import { warnStableDown } from "../../../../rollout/admission/warnings.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { reportStableDown } from "../../../../rollout/stages/stable-down.ts";
import { aDeployment, aReplicaSet, aSnapshot } from "../../../support/builders.ts";

const says = { status: "Unknown", reason: "Progressing", message: "canary has 25% of the traffic" } as const;
const decision: Decision = { writes: [], condition: says };
const revision = { annotations: { "deployment.kubernetes.io/revision": "2" } };
const told = (ready: number, replicas = 5) => {
  const deployment = aDeployment({ image: "web:2" });
  const canary = aReplicaSet({ image: "web:2", meta: revision });
  return reportStableDown(
    aSnapshot({
      deployment: { ...deployment, metadata: { ...deployment.metadata, ...revision } },
      replicaSets: [aReplicaSet({ ready, replicas }), canary],
      canary,
    }),
    decision,
  ).condition?.message;
};

describe("a stable version without a ready pod", () => {
  it("is told with the way to ship what is in flight", () => {
    expect(told(0)).to.equal(
      `${says.message}. No stable pod is ready: kubectl annotate deployment/web serin.dev/promote=2 ships this version at once`,
    );
    expect(warnStableDown(allowed(aDeployment()), aReplicaSet({ ready: 0 }))).to.deep.include({
      warnings: [
        "serin: no stable pod is ready: annotating serin.dev/promote with the new revision ships this version at once",
      ],
    });
  });

  it("is none while one is ready, or where there should be none", () => {
    expect(told(1)).to.equal(says.message);
    expect(told(0, 0)).to.equal(says.message);
    expect(warnStableDown(allowed(aDeployment()), aReplicaSet())).to.deep.include({ warnings: [] });
    expect(
      reportStableDown(aSnapshot({ replicaSets: [aReplicaSet({ ready: 0 })] }), { writes: [] }),
    ).to.deep.equal({
      writes: [],
    });
  });
});
