import { expect } from "chai";
import { canary, converted, saidOf } from "./canaries.ts";

describe("convert, of any source", () => {
  it("says nothing of a map without content, unless nobody knows it", () => {
    const spec = { workloadRef: { name: "web" }, strategy: { canary: {} }, tomorrow: {} };
    const object = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: { name: "web" }, spec };
    expect(saidOf(converted([object]), "not")).to.deep.equal([
      "spec.tomorrow: this field is unknown, so nothing was made of it",
    ]);
  });

  it("says nothing of what is switched off where nothing stands for it", () => {
    expect(saidOf(converted([canary({ suspend: false })]), "not")).to.deep.equal([]);
    expect(saidOf(converted([canary({ suspend: true })]), "not").join()).to.contain("spec.suspend");
  });

  it("refuses an object without a name, which would give a Deployment without one", () => {
    for (const [apiVersion, kind] of [
      ["argoproj.io/v1alpha1", "Rollout"],
      ["rollouts.kruise.io/v1beta1", "Rollout"],
      ["flagger.app/v1beta1", "Canary"],
    ] as const)
      for (const metadata of [undefined, { name: null }])
        expect(() => converted([{ apiVersion, kind, metadata }]), apiVersion).to.throw(
          `${kind.toLowerCase()}: metadata.name is missing`,
        );
  });

  it("takes an empty namespace for none, as Kubernetes does", () => {
    for (const namespace of [undefined, null, ""])
      expect(converted([canary({}, { namespace })]).namespace, String(namespace)).to.equal(undefined);
  });

  it("refuses names that Kubernetes refuses, which would be folders somewhere else", () => {
    const targeting = (name: unknown, metadata = {}) =>
      canary({ targetRef: { kind: "Deployment", name } }, metadata);
    for (const object of [targeting("../web"), targeting("web", { namespace: ".." })])
      expect(() => converted([object])).to.throw("is not a valid name: render a chart with helm template");
    expect(() =>
      converted([canary({ targetRef: undefined }, { name: { "{ .Values.name }": null } })]),
    ).to.throw('"[object Object]" is not a valid name');
  });

  it("refuses two sources for one Deployment, of which one would be lost", () => {
    const alert = {
      apiVersion: "flagger.app/v1beta1",
      kind: "AlertProvider",
      metadata: { name: "web", namespace: "shop" },
    };
    expect(() => converted([canary({}), alert, canary({}, { namespace: "other" })])).not.to.throw();
    expect(() => converted([canary({}), canary({})])).to.throw(
      "canary/web and canary/web are both for deployment/web -n shop",
    );
  });

  it("refuses two sources of one name without manifests, of which one would lose its notes", () => {
    const other = canary({ targetRef: { kind: "DaemonSet", name: "web" } }, { namespace: undefined });
    expect(() => converted([other, canary({}), canary({}, { namespace: undefined })])).not.to.throw();
    expect(() => converted([other, other])).to.throw(
      "canary/web and canary/web are both for canary/web: convert",
    );
  });
});
