import { expect } from "chai";
import { whyNoSet } from "../../../../rollout/stages/why-no-set.ts";
import { aDeployment, aReplicaSet, aSnapshot } from "../../../support/builders.ts";

/** A Deployment of four replicas whose stable version has this size and note. */
function waiting(pods: number, noted: string | undefined, observedGeneration = 1): string {
  const annotations = noted === undefined ? {} : { "deployment.kubernetes.io/desired-replicas": noted };
  const deployment = { ...aDeployment({ image: "web:2", replicas: 4 }), status: { observedGeneration } };
  return whyNoSet(
    aSnapshot({ deployment, replicaSets: [aReplicaSet({ replicas: pods, meta: { annotations } })] }),
  );
}

describe("a canary without a ReplicaSet", () => {
  it("tells of a note that keeps native control from creating it", () => {
    expect(waiting(4, "10")).to.match(
      /^: native control creates none, because ReplicaSet \S+ is noted for 10 replicas and has 4: kubectl scale deployment\/web to another number/,
    );
  });

  it("tells of none where native control follows: by another size, before it has looked, and without a note", () => {
    expect([waiting(10, "10"), waiting(4, "4"), waiting(4, "10", 0), waiting(4, undefined)]).to.deep.equal([
      "",
      "",
      "",
      "",
    ]);
  });
});
