import { expect } from "chai";
import { HELD, RUN } from "../../../../rollout/keys.ts";
import { leanReplicaSet } from "../../../../rollout/workload/lean-replica-set.ts";
import { aReplicaSet } from "../../../support/builders.ts";

const REVISION = "deployment.kubernetes.io/revision";

describe("a lean ReplicaSet", () => {
  const managedFields = [{ manager: "m" }];

  it("has the annotations of Serin and native control only, and everything else", () => {
    const { metadata, ...rest } = aReplicaSet();
    const read = { [RUN]: "{}", [HELD]: "{}", "serin.dev/steps": "10", [REVISION]: "2" };
    const annotations = { note: "x".repeat(250_000), "mesh.io/serin.dev": "a", ...read };
    const whole = { ...rest, metadata: { ...metadata, annotations, managedFields } };
    expect(leanReplicaSet(whole)).to.deep.equal({ ...rest, metadata: { ...metadata, annotations: read } });
  });

  it("still tells whether it has annotations, because a patch can only add to those that are there", () => {
    const lean = (annotations: object) => leanReplicaSet(aReplicaSet({ meta: annotations })).metadata;
    expect(lean({ annotations: { note: "a" } }))
      .to.have.property("annotations")
      .that.deep.equals({});
    expect(lean({})).to.not.have.property("annotations");
  });
});
