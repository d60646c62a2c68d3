import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { admitUpdate, changesTemplate } from "../../../../rollout/admission/admit.ts";
import { HELD } from "../../../../rollout/keys.ts";
import type { DefaultSources, Layer } from "../../../../rollout/plan/layers.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { planOf } from "../../../../rollout/workload/plan-of.ts";
import { annotate, both, edit, inFlight, LATER } from "../../../support/ask.ts";
import { aDeployment, readsOf } from "../../../support/builders.ts";
import { sourcesOf } from "../../../support/defaults.ts";

describe("the defaults of a rollout in flight", () => {
  const layers: readonly Layer[] = [{ from: "profile", name: "slow", values: { steps: "7" } }];
  const sources = sourcesOf({ profile: { steps: "7" } });
  const revision2 = (object: Deployment) => annotate(object, { "deployment.kubernetes.io/revision": "2" });
  const flying = (held = {}) => revision2(inFlight({ held: { defaults: layers, ...held } }));
  const ask = (requested: Deployment, old: Deployment, found?: DefaultSources, reads = readsOf()) => {
    const another = changesTemplate(requested, old);
    const answer = admitUpdate(requested, old, another ? reads : undefined, LATER, found, both);
    if (!answer.allowed) throw new Error(answer.message);
    return answer;
  };

  it("are kept from the start, reported, and decide its plan", () => {
    const { object, warnings } = ask(aDeployment({ image: "web:2" }), aDeployment(), sources);
    expect(holdRecordOf(object)?.defaults).to.deep.equal(layers);
    expect(planOf(object).steps).to.deep.equal([{ kind: "weight", weight: 7, leastMs: 60_000 }]);
    expect(object.spec.strategy?.rollingUpdate?.maxSurge).to.equal("7%");
    expect(warnings.join()).to.contain("canary 7 %").and.to.contain("profile slow");
  });

  it("are absent at rest, and without a source", () => {
    const { object } = ask(annotate(aDeployment(), { "serin.dev/profile": "slow" }), aDeployment(), sources);
    expect(object.metadata.annotations).not.to.have.property(HELD);
    const begun = ask(aDeployment({ image: "web:2" }), aDeployment(), sourcesOf({})).object;
    expect(holdRecordOf(begun)).not.to.have.property("defaults");
  });

  it("stay when the manifest comes again, when the plan changes, and when another profile is named", () => {
    const old = flying();
    expect(holdRecordOf(ask({ ...old }, old).object)?.defaults).to.deep.equal(layers);
    const slower = ask(annotate(old, { "serin.dev/interval": "5m" }), old).object;
    expect(planOf(slower).steps).to.deep.equal([{ kind: "weight", weight: 7, leastMs: 300_000 }]);
    const fast = { ...sources, profile: { name: "fast", values: { steps: "90" } } };
    const renamed = ask(annotate(old, { "serin.dev/profile": "fast" }), old, fast);
    expect(holdRecordOf(renamed.object)?.defaults).to.deep.equal(layers);
    expect(renamed.warnings.join()).to.contain("serin.dev/profile counts from the next rollout on");
  });

  it("stay through an undo that replaces the annotations", () => {
    const old = flying();
    const { object } = ask(
      {
        ...edit(old, { template: aDeployment().spec.template }),
        metadata: { ...old.metadata, annotations: {} },
      },
      old,
      undefined,
      both,
    );
    expect(holdRecordOf(object)).to.deep.include({ phase: "undone", defaults: layers });
    expect(planOf(object).steps).to.have.length(1);
  });

  it("are the current ones for the next version, superseding or not, and for a retry", () => {
    const next = sourcesOf({ namespace: { steps: "9" } });
    const expected = [{ from: "namespace", name: "shop", values: { steps: "9" } }];
    for (const phase of ["canary", "failed", "undone", "promoting"] as const) {
      const { object } = ask(edit(flying({ phase }), {}, "web:3"), flying({ phase }), next, both);
      expect(holdRecordOf(object), phase).to.deep.include({ phase: "canary", defaults: expected });
    }
    const failed = flying({ phase: "failed" });
    const retried = ask(annotate(failed, { "serin.dev/retry": "2" }), failed, next).object;
    expect(holdRecordOf(retried)).to.deep.include({ started: LATER, defaults: expected });
    expect(holdRecordOf(ask(retried, failed, next).object), "reinvoked").to.deep.equal(holdRecordOf(retried));
  });

  it("name their place when they do not fit the current Deployment", () => {
    const old = flying({ defaults: [{ from: "namespace", name: "shop", values: { "max-interval": "1m" } }] });
    const answer = admitUpdate(annotate(old, { "serin.dev/interval": "5m" }), old, undefined, LATER);
    expect(answer.allowed ? "" : answer.message).to.contain(
      "namespace shop: serin.dev/max-interval: shorter than serin.dev/interval: use at least 5m",
    );
  });
});
