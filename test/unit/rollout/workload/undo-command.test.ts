import { expect } from "chai";
import { kubectlUndo } from "../../../../rollout/workload/undo-command.ts";
import { aDeployment, aReplicaSet, aSnapshot } from "../../../support/builders.ts";

const numbered = (image: string, revision: number) =>
  aReplicaSet({ image, meta: { annotations: { "deployment.kubernetes.io/revision": String(revision) } } });

/** Versions 1 to `last` without those that are `gone`; the first is the stable one. */
function inFlight(last: number, gone: readonly number[] = []) {
  const revisions = Array.from({ length: last }, (_, i) => i + 1).filter((it) => !gone.includes(it));
  const replicaSets = revisions.map((it) => numbered(`web:${it}`, it));
  const canary = replicaSets.at(-1);
  return aSnapshot({ deployment: aDeployment({ image: `web:${last}` }), replicaSets, canary });
}

describe("the command that goes back to the stable version", () => {
  it("is a plain undo where kubectl goes to the stable version", () => {
    expect(kubectlUndo(inFlight(2))).to.equal("kubectl rollout undo deployment/web");
    expect(kubectlUndo(aSnapshot())).to.equal("kubectl rollout undo deployment/web");
  });

  it("names the stable revision after another version, to which a plain undo would go", () => {
    const named = "kubectl rollout undo deployment/web --to-revision=1";
    expect(kubectlUndo(inFlight(3))).to.equal(named);
    // A superseded version without pods is not in the snapshot any more, while kubectl still finds it.
    expect(kubectlUndo(inFlight(3, [2]))).to.equal(named);
  });

  it("names the stable revision while native control has not numbered the version in flight", () => {
    const annotations = { "deployment.kubernetes.io/revision": "5" };
    const deployment = aDeployment({ image: "web:6", meta: { annotations } });
    const stable = numbered("web:5", 5);
    const named = "kubectl rollout undo deployment/web --to-revision=5";
    expect(kubectlUndo({ deployment, canary: undefined, stable }), "a new template").to.equal(named);
    expect(kubectlUndo({ deployment, canary: numbered("web:6", 3), stable }), "an old one").to.equal(named);
    expect(kubectlUndo({ deployment, canary: numbered("web:6", 6), stable })).to.not.equal(named);
  });

  it("resumes first where the Deployment is paused, because kubectl refuses to undo one", () => {
    const { deployment, ...versions } = inFlight(2);
    const paused = { ...deployment, spec: { ...deployment.spec, paused: true } };
    const resumed = "kubectl rollout resume deployment/web && kubectl rollout undo deployment/web";
    expect(kubectlUndo({ ...versions, deployment: paused })).to.equal(resumed);
    expect(kubectlUndo({ ...versions, deployment: paused }, false), "a pause that ends").to.not.include(
      "resume",
    );
  });
});
