import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { annotate, atPause, both, edit, inFlight, yes } from "../../../support/ask.ts";
import { aDeployment } from "../../../support/builders.ts";

const old = inFlight({ paused: true });
const { paused: _paused, ...unpaused } = old.spec;
const resumed: Deployment = { ...old, spec: unpaused };
const manifest = aDeployment({ image: "web:2" });
const appliedBy = (manager: string): Deployment => ({
  ...resumed,
  metadata: { ...resumed.metadata, managedFields: [{ manager, operation: "Apply" }] },
});

describe("a pause of the plan", () => {
  const ends: [string, Deployment, string | undefined][] = [
    ["kubectl rollout resume", resumed, "kubectl-rollout"],
    ["a patch of spec.paused", resumed, "kubectl-patch"],
    ["a client without a name", resumed, undefined],
    ["paused: false", edit(old, { paused: false }), "kubectl-edit"],
  ];
  for (const [how, requested, fieldManager] of ends) {
    it(`ends by ${how}`, () => {
      const { object, warnings } = yes(requested, old, atPause, { fieldManager });
      expect([object.spec.paused ?? false, warnings]).to.deep.equal([false, []]);
    });
  }

  const again: [string, Deployment, string | undefined][] = [
    ["kubectl replace", manifest, "kubectl-replace"],
    ["a whole object by any client", manifest, undefined],
    [
      "kubectl apply of a manifest with paused: false",
      edit(old, { paused: false }),
      "kubectl-client-side-apply",
    ],
    ["helm", resumed, "helm"],
    ["Argo CD", resumed, "argocd-controller"],
    ["a server-side apply", appliedBy("kustomize-controller"), "kustomize-controller"],
    ["kubectl replace of a dump", resumed, "kubectl-replace"],
    [
      "a patch that changes the plan as well",
      annotate(resumed, { "serin.dev/steps": "10, 20" }),
      "kubectl-patch",
    ],
    ["a patch that scales as well", edit(resumed, { replicas: 9 }), "kubectl-patch"],
  ];
  for (const [how, requested, fieldManager] of again) {
    it(`stays at ${how}, which says what ends it`, () => {
      const { object, warnings } = yes(requested, old, atPause, { fieldManager });
      expect(object.spec.paused).to.equal(true);
      expect(warnings.join()).to.include("kubectl rollout resume deployment/web");
    });
  }

  it("is not taken for a pause of the user, which any write ends", () => {
    expect(yes(manifest, old, both, { fieldManager: "kubectl-replace" }).object.spec.paused).to.equal(
      undefined,
    );
  });
});
