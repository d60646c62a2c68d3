import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { removeLeftHold } from "../../../../rollout/cleanup/left-hold.ts";
import { CHANGED, FLIGHT, HELD } from "../../../../rollout/keys.ts";
import { hold, keepHistory } from "../../../../rollout/workload/hold.ts";
import { inFlight } from "../../../support/ask.ts";
import { aDeployment } from "../../../support/builders.ts";

const copy = (annotations: Record<string, string> = {}): Deployment => {
  const object = aDeployment({
    meta: { labels: { [FLIGHT]: "uid-of-the-original" }, resourceVersion: "7", annotations },
  });
  return { ...object, spec: hold(object.spec, "10%") };
};
const paths = (deployment: Deployment) => {
  const [write] = removeLeftHold(deployment);
  return write?.verb === "json" ? write.body.map(({ op, path }) => `${op} ${path}`) : [];
};

describe("a hold without a record", () => {
  const fields = ["minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit"].map(
    (field) => `remove /spec/${field}`,
  );

  it("is removed with the mark, and an Event says so", () => {
    expect(paths(copy())).to.deep.equal([
      "test /metadata/generation",
      ...fields,
      "remove /metadata/labels/serin.dev~1flight",
    ]);
    const [, event] = removeLeftHold(copy());
    expect(event).to.include({ verb: "event", type: "Warning", reason: "HoldRemoved" });
    expect(event?.verb === "event" && event.message).to.match(/^removed minReadySeconds: 2147483645, /);
  });

  it("is removed without a mark, too", () => {
    const { labels: _labels, ...metadata } = copy().metadata;
    expect(paths({ ...copy(), metadata })).to.deep.equal(["test /metadata/generation", ...fields]);
  });

  it("is removed with an unreadable record, and keeps the mark for a changed ConfigMap", () => {
    expect(paths(copy({ [HELD]: "{", [CHANGED]: "{}" }))).to.deep.equal([
      "test /metadata/generation",
      ...fields,
      "remove /metadata/annotations/serin.dev~1held",
    ]);
  });

  it("is a history limit after another policy removed the record of an undo, which makes no version doubtful", () => {
    const undone = aDeployment({ meta: { labels: { [FLIGHT]: "uid-web" } } });
    const [, event] = removeLeftHold({ ...undone, spec: keepHistory(undone.spec) });
    expect(event?.verb === "event" && event.message).to.match(
      /^removed revisionHistoryLimit: 2147483646: the rollout that set it was undone, and another policy/,
    );
  });

  it("is no more than a mark after another policy removed the record; a changed ConfigMap keeps the mark", () => {
    const marked = (annotations: Record<string, string>) =>
      aDeployment({ meta: { labels: { [FLIGHT]: "uid-web" }, resourceVersion: "7", annotations } });
    expect(paths(marked({}))).to.deep.equal([
      "test /metadata/resourceVersion",
      "remove /metadata/labels/serin.dev~1flight",
    ]);
    expect(removeLeftHold(marked({}))).to.have.length(1);
    for (const annotation of [{ [CHANGED]: "{}" }, { [HELD]: "{" }, { [HELD]: '{"v":2}' }])
      expect(removeLeftHold(marked(annotation))).to.deep.equal([]);
  });

  it("stays in flight, for a newer Serin, and where nothing is left of it", () => {
    for (const deployment of [inFlight(), copy({ [HELD]: '{"v":2}' }), aDeployment()])
      expect(removeLeftHold(deployment)).to.deep.equal([]);
  });
});
