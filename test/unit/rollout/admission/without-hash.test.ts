import { expect } from "chai";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import { canaryOf } from "../../../../rollout/stages/snapshot-of.ts";
import { canarySet, edit, inFlight, no, yes } from "../../../support/ask.ts";
import { aDeployment, aHeld, aReplicaSet, aTemplate, readsOf } from "../../../support/builders.ts";

/** What somebody made by hand, as native control adopts it. */
function bare(image: string, replicas: number): ReplicaSet {
  const set = aReplicaSet({ meta: { name: "bare" } });
  const { "pod-template-hash": _hash, ...labels } = set.metadata.labels ?? {};
  return {
    ...set,
    metadata: { ...set.metadata, labels },
    spec: { ...set.spec, replicas, template: aTemplate(image) },
    status: { ...set.status, replicas, readyReplicas: replicas, availableReplicas: replicas },
  };
}

const lacks =
  "ReplicaSet bare was adopted and lacks the label pod-template-hash, so no Service tells its pods from others";

describe("a ReplicaSet without the label of its version, which native control has adopted", () => {
  const begins = (...sets: ReplicaSet[]) => {
    const old = aDeployment();
    return yes(edit(old, {}, "web:2"), old, readsOf({ replicaSets: sets }));
  };

  it("leaves the update to native control while it has pods: as the stable version no Service would select it", () => {
    for (const answer of [begins(bare("web:1", 4)), begins(aReplicaSet(), bare("web:0", 1))]) {
      expect(answer.warnings).to.deep.equal([`native rolling update, no canary: ${lacks}`]);
      expect(answer.effects?.map(({ kind }) => kind)).to.not.include("isolate");
    }
  });

  it("does so without pods only if it has the new template", () => {
    expect(begins(aReplicaSet(), bare("web:2", 0)).warnings?.[0]).to.contain(lacks);
    expect(begins(aReplicaSet(), bare("web:0", 0)).warnings?.[0]).to.not.contain(lacks);
  });

  it("is refused as the version that follows on one in flight, with the command that helps", () => {
    const old = inFlight();
    const sets = (image: string) => readsOf({ replicaSets: [aReplicaSet(), canarySet(), bare(image, 0)] });
    expect(no(edit(old, {}, "web:3"), old, sets("web:3"))).to.equal(
      `${lacks}: kubectl delete replicaset/bare first`,
    );
    yes(edit(old, {}, "web:3"), old, sets("web:0"));
  });

  it("is never the canary in flight, whose Service could not select its pods", () => {
    const deployment = aDeployment({ image: "web:2" });
    const own = canarySet();
    expect(canaryOf(deployment, aHeld(), [aReplicaSet(), bare("web:2", 1)])).to.equal(undefined);
    expect(canaryOf(deployment, aHeld(), [bare("web:2", 1), own])).to.equal(own);
  });
});
