import { expect } from "chai";
import { converted, saidOf } from "./canaries.ts";

describe("convert, of any source", () => {
  it("says nothing of a map without content, unless nobody knows it", () => {
    const spec = { workloadRef: { name: "web" }, strategy: { canary: {} }, tomorrow: {} };
    const object = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: { name: "web" }, spec };
    expect(saidOf(converted([object]), "not")).to.deep.equal([
      "spec.tomorrow: this field is unknown, so nothing was made of it",
    ]);
  });

  it("refuses an object without a name, which would give a Deployment without one", () => {
    for (const [apiVersion, kind] of [
      ["argoproj.io/v1alpha1", "Rollout"],
      ["rollouts.kruise.io/v1beta1", "Rollout"],
      ["flagger.app/v1beta1", "Canary"],
    ] as const)
      expect(() => converted([{ apiVersion, kind }]), apiVersion).to.throw(
        `${kind.toLowerCase()}: metadata.name is missing`,
      );
  });
});
