import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { annotate, both, inFlight, yes } from "../../../support/ask.ts";
import { aDeployment, aReplicaSet, readsOf } from "../../../support/builders.ts";

const AGAIN = "a manifest that is applied again gives no order again; kubectl annotate gives it";
const revision = (object: Deployment, number: string) =>
  annotate(object, { "deployment.kubernetes.io/revision": number });
const byServer = (object: Deployment, manager: string): Deployment => ({
  ...object,
  metadata: { ...object.metadata, managedFields: [{ manager, operation: "Apply" }] },
});
const appliers: [string, string, (object: Deployment) => Deployment][] = [
  ["kubectl apply", "kubectl-client-side-apply", (object) => object],
  ["kubectl replace", "kubectl-replace", (object) => object],
  ["helm", "helm", (object) => object],
  ["a server-side apply", "flux", (object) => byServer(object, "flux")],
];

describe("an order in a manifest that is applied again", () => {
  for (const [how, fieldManager, by] of appliers) {
    const ask = (object: Deployment, old: Deployment, manager = fieldManager) =>
      yes(by(object), old, both, { fieldManager: manager });

    it(`promotes no version by ${how} if it came with the template first`, () => {
      const rest = revision(aDeployment(), "1");
      const manifest = annotate(
        { ...rest, spec: aDeployment({ image: "web:2" }).spec },
        {
          "serin.dev/promote": "2",
        },
      );
      const begun = yes(by(manifest), rest, readsOf({ replicaSets: [aReplicaSet()] }), { fieldManager });
      expect(begun.warnings.join()).to.include("serin.dev/promote: ignored with a new template");
      const flying = revision(begun.object, "2");
      const again = ask(annotate(flying, { "serin.dev/promote": "2" }), flying);
      expect(again.warnings).to.deep.equal([`serin.dev/promote: ${AGAIN}`]);
      expect(holdRecordOf(again.object)?.asked).to.equal(undefined);
      const given = ask(annotate(flying, { "serin.dev/promote": "2" }), flying, "kubectl-annotate");
      expect(holdRecordOf(given.object)?.asked, "by a person").to.equal("promote");
    });

    it(`starts no canary after the other by ${how}`, () => {
      const failed = revision(inFlight({ held: { phase: "failed" } }), "2");
      const retried = ask(annotate(failed, { "serin.dev/retry": "2" }), failed);
      const held = holdRecordOf(retried.object);
      expect(held, "the first time").to.deep.include({ phase: "canary", manifestOrders: ["retry=2"] });
      const next = revision(inFlight({ held: { ...held, phase: "failed" } }), "2");
      const again = ask(annotate(next, { "serin.dev/retry": "2" }), next);
      expect(again.warnings).to.deep.equal([`serin.dev/retry: ${AGAIN}`]);
      expect(holdRecordOf(again.object)).to.deep.include({ phase: "failed", started: held?.started });
    });
  }

  it("keeps the manifest of the next version from no update, although it names a version that is gone", () => {
    const held = { manifestOrders: ["promote=2"] };
    const old = revision(inFlight({ held }), "2");
    const fieldManager = "helm";
    const named = annotate(old, { "serin.dev/promote": "2" });
    expect(yes(named, old, both, { fieldManager }).warnings).to.deep.equal([`serin.dev/promote: ${AGAIN}`]);
  });

  it("keeps no more orders than a few in the record", () => {
    const manifestOrders = Array.from({ length: 8 }, (_, i) => `promote=${i}`);
    const old = revision(inFlight({ held: { manifestOrders } }), "2");
    const aborted = yes(annotate(old, { "serin.dev/abort": "2" }), old, both, { fieldManager: "helm" });
    expect(holdRecordOf(aborted.object)?.manifestOrders).to.have.length(8).and.include("abort=2");
  });
});
