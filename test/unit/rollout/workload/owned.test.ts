import { expect } from "chai";
import { isOwned } from "../../../../rollout/workload/owned.ts";
import { aDeployment, aReplicaSet, ownedByWeb } from "../../../support/builders.ts";

describe("a Deployment's ReplicaSets", () => {
  const web = aDeployment();
  const labels = (more = {}) => ({ app: "web", "pod-template-hash": "web1", ...more });

  it("are those that it controls, and those that native control adopts because nothing controls them", () => {
    const rows: readonly (readonly [what: string, meta: object, owned: boolean])[] = [
      ["its own", { ownerReferences: [ownedByWeb] }, true],
      ["its own with other labels", { ownerReferences: [ownedByWeb], labels: {} }, true],
      ["another one's", { ownerReferences: [{ ...ownedByWeb, uid: "other" }] }, false],
      ["released", { ownerReferences: [] }, true],
      [
        "released, with an owner that does not control it",
        { ownerReferences: [{ ...ownedByWeb, controller: false }] },
        true,
      ],
      ["released with other labels", { labels: labels({ app: "other" }) }, false],
      ["released in another namespace", { namespace: "else", labels: labels() }, false],
    ];
    for (const [what, meta, owned] of rows) expect(isOwned(aReplicaSet({ meta }), web), what).to.equal(owned);
  });
});
