import { expect } from "chai";
import type { PodTemplate } from "../../../../kube/core/workloads.ts";
import {
  configLost,
  configOf,
  formatConfig,
  pendingRecordOf,
  withChange,
  withoutChanged,
  writeChanged,
} from "../../../../rollout/tracking/pending.ts";
import { AT_NOON, aDeployment, aTemplate } from "../../../support/builders.ts";

const marked = (extra: Record<string, string> = {}) =>
  aDeployment({
    annotations: { "serin.dev/changed": '{"at":"then","changes":{}}', ...extra },
    meta: { labels: { app: "web", "serin.dev/flight": "uid-web" } },
  });

describe("rollout/changed", () => {
  it("takes several changes of an object for one, from where it began", () => {
    const one = withChange(undefined, "configmap/web", { from: "a", to: "b" }, "1");
    expect(one).to.deep.equal({ at: "1", changes: { "configmap/web": { from: "a", to: "b" } } });
    const two = withChange(one, "configmap/web", { from: "b", to: "c" }, "2");
    expect(two).to.deep.equal({ at: "2", changes: { "configmap/web": { from: "a", to: "c" } } });
    const other = withChange(two, "secret/db", { from: "x", to: "y" }, "3");
    expect(other.changes).to.have.all.keys("configmap/web", "secret/db");
    const back = withChange(other, "configmap/web", { from: "c", to: "a" }, "4");
    expect(back.changes).to.have.property("configmap/web").that.deep.equals({ from: "a", to: "a" });
  });

  it("marks with annotation and label, and leaves the label of a rollout", () => {
    const changed = { at: AT_NOON, changes: { "secret/db": { from: "x", to: "y" } } };
    const write = writeChanged(aDeployment(), changed);
    const { metadata } = (write as unknown as { body: { metadata: { annotations: object; labels: object } } })
      .body;
    const annotations = metadata.annotations as Record<string, string>;
    expect(pendingRecordOf(aDeployment({ annotations }))).to.deep.equal(changed);
    expect(metadata.labels).to.deep.equal({ "serin.dev/flight": "uid-web" });
    const labels = (annotations?: Record<string, string>) => {
      const gone = writeChanged(aDeployment(annotations && { annotations }), undefined);
      return (gone as unknown as { body: { metadata: { labels: object } } }).body.metadata.labels;
    };
    expect(labels()).to.deep.equal({ "serin.dev/flight": null });
    expect(labels({ "serin.dev/held": "{}" })).to.deep.equal({ "serin.dev/flight": "uid-web" });
  });

  it("is forgotten with its label, but for the label of a rollout", () => {
    expect(withoutChanged(marked()).metadata.labels).to.deep.equal({ app: "web" });
    expect(withoutChanged(marked()).metadata.annotations).to.not.have.property("serin.dev/changed");
    const flying = withoutChanged(marked({ "serin.dev/held": "{}" }));
    expect(flying.metadata.labels).to.deep.equal({ app: "web", "serin.dev/flight": "uid-web" });
    expect(withoutChanged(aDeployment())).to.deep.equal(aDeployment());
  });

  it("stands in a template in one order, to be read and to be compared", () => {
    const changes = { "secret/db": { from: "0a", to: "1b" }, "configmap/web.conf": { from: "2c", to: "3d" } };
    const text = formatConfig(changes);
    expect(text).to.equal("configmap/web.conf=2c..3d, secret/db=0a..1b");
    expect(configOf(withConfig(text))).to.deep.equal(changes);
    expect(formatConfig({})).to.equal(undefined);
    expect(configOf(aTemplate())).to.deep.equal({});
    expect(configOf(undefined)).to.deep.equal({});
  });

  it("is lost when another template was not made for the same content", () => {
    const from = withConfig("configmap/web=aa..bb, secret/db=cc..dd");
    expect(configLost(from, aTemplate())).to.deep.equal(["configmap/web", "secret/db"]);
    expect(configLost(from, withConfig("configmap/web=ee..bb"))).to.deep.equal(["secret/db"]);
    expect(configLost(aTemplate(), from)).to.deep.equal([]);
  });
});

function withConfig(text = ""): PodTemplate {
  return { ...aTemplate(), metadata: { ...aTemplate().metadata, annotations: { "serin.dev/config": text } } };
}
