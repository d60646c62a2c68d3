import { expect } from "chai";
import type { PodTemplate } from "../../../../kube/core/workloads.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { edit, yes } from "../../../support/ask.ts";
import { aDeployment, aReplicaSet, readsOf } from "../../../support/builders.ts";

const template = (cpu: string, metadata: object, spec: object = {}): PodTemplate => ({
  metadata: { labels: { app: "web" }, ...metadata },
  spec: { containers: [{ name: "main", image: "web:1", resources: { limits: { cpu } } }], ...spec },
});
/** One version as API servers of two versions show it. */
const [one, other] = [template("1", {}), template("1000m", { creationTimestamp: null }, { tolerations: [] })];

describe("admission between API servers that show one template in two forms", () => {
  const old = aDeployment({ template: one });
  const set = aReplicaSet();
  const reads = readsOf({ replicaSets: [{ ...set, spec: { ...set.spec, template: other } }] });

  it("begins a canary of another template at once, next to the present version", () => {
    const { object } = yes(edit(old, {}, "web:2"), old, reads);
    expect(object.spec).not.to.have.property("paused");
    expect(holdRecordOf(object)).to.deep.include({ stable: "web1", phase: "canary" });
    expect(holdRecordOf(object)).not.to.have.property("latched");
  });

  it("takes the other form for no new version", () => {
    const { object, warnings } = yes(edit(old, { template: other }), old, reads);
    expect(holdRecordOf(object)).to.equal(undefined);
    expect(warnings).to.deep.equal([]);
  });

  it("keeps the stored form in flight, because Serin's policy takes each other text for another version", () => {
    const fresh = (cpu: string): PodTemplate => ({
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "web:2", resources: { limits: { cpu } } }] },
    });
    const { object: inFlight } = yes(edit(old, { template: fresh("1") }), old, reads);
    const { object } = yes(edit(inFlight, { template: fresh("1000m") }), inFlight, reads);
    expect(object.spec.template).to.deep.equal(fresh("1"));
    expect(holdRecordOf(object)).to.deep.equal(holdRecordOf(inFlight));
  });
});
