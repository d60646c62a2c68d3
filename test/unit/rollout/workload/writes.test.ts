import { expect } from "chai";
import type { Write } from "../../../../kube/core/writes.ts";
import * as traffic from "../../../../rollout/traffic/writes.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { formatRun } from "../../../../rollout/workload/run-record.ts";
import * as workload from "../../../../rollout/workload/writes.ts";
import { Cluster } from "../../../model/cluster.ts";
import { Conflict } from "../../../model/objects.ts";
import { AT_NOON, aDeployment, aReplicaSet, aService } from "../../../support/builders.ts";

const held = { started: AT_NOON, phase: "canary", stable: "web1", originals: {} } as const;
const run: RunRecord = {
  started: AT_NOON,
  outcome: "running",
  step: 1,
  stepSince: AT_NOON,
  stable: "web1",
  message: "m",
};

describe("a write that was decided on something older", () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
    const annotations = { "serin.dev/held": JSON.stringify(held) };
    cluster.put(
      "deployments",
      aDeployment({ annotations, meta: { labels: { "serin.dev/flight": "uid-web" } } }),
    );
    const native = { "deployment.kubernetes.io/revision": "2" };
    cluster.put("replicasets", aReplicaSet({ meta: { annotations: native } }));
    cluster.put("services", aService());
  });
  const deployment = () => cluster.get("deployments", "web");
  const replicaSet = () => cluster.list("replicasets")[0] as never as ReturnType<typeof aReplicaSet>;
  const service = () => cluster.get("services", "web");

  const paused = () => {
    const old = deployment();
    cluster.put("deployments", { ...old, spec: { ...old.spec, paused: true } });
  };
  const ended = () => cluster.perform(workload.writeEnd(deployment()));
  const recorded = () =>
    cluster.perform(workload.writeRunRecord(replicaSet(), "uid-web", { ...run, step: 2 }));
  const replaced = () => {
    const { metadata } = replicaSet();
    cluster = new Cluster();
    cluster.put("replicasets", aReplicaSet({ meta: { ...metadata, uid: "uid-3" } }));
  };
  const changed = () => {
    const old = service();
    cluster.put("services", { ...old, spec: { ...old.spec, selector: { app: "other" } } });
  };
  const recreated = () => {
    const { metadata } = deployment();
    cluster = new Cluster();
    cluster.put("deployments", aDeployment({ meta: { labels: metadata.labels ?? {}, uid: "uid-2" } }));
  };

  const rows: Record<string, { make: () => Write; after: Record<string, () => void> }> = {
    "a surge": { make: () => workload.writeSurge(deployment(), 2), after: { paused, ended } },
    "a pause": { make: () => workload.writePaused(deployment(), true), after: { paused, ended } },
    "a phase": {
      make: () => workload.writeHoldRecord(deployment(), { ...held, phase: "failed" }),
      after: { paused, ended },
    },
    "an end": { make: () => workload.writeEnd(deployment()), after: { paused, ended } },
    "a condition": { make: () => workload.writeConditions(deployment(), []), after: { recreated } },
    "a record": { make: () => workload.writeRunRecord(replicaSet(), "uid-web", run), after: { recorded } },
    "a mark": { make: () => workload.writeMark(replicaSet(), "uid-web", run), after: { recorded, replaced } },
    "the end of a record": { make: () => workload.removeRunRecord(replicaSet()), after: { recorded } },
    "a note of a size": { make: () => workload.writeSizeNote(replicaSet(), 5, 6), after: { recorded } },
    "the end of a hold": { make: () => workload.writeMinReady(replicaSet(), 0), after: { recorded } },
    "a size": { make: () => workload.writeScale(replicaSet(), 0), after: { recorded } },
    "an isolated selector": {
      make: () => traffic.writeIsolation(service(), "uid-web", "web1", AT_NOON),
      after: { changed },
    },
    "a wide selector": { make: () => traffic.writeSelector(service()), after: { changed } },
    "a canary Service's correction": {
      make: () => traffic.updateCanaryService(service(), aService()),
      after: { changed },
    },
    "a canary Service's end": { make: () => traffic.deleteCanaryService(service()), after: { changed } },
  };
  for (const [what, { make, after }] of Object.entries(rows)) {
    for (const [happened, happen] of Object.entries(after)) {
      it(`fits no more: ${what}, after the object was ${happened}`, () => {
        const stale = make();
        happen();
        expect(() => cluster.perform(stale)).to.throw(Conflict);
      });
    }
  }

  it("fits still: a mark, after native control has written the ReplicaSet", () => {
    const mark = workload.writeMark(replicaSet(), "uid-web", run);
    const old = replicaSet();
    const annotations = { ...old.metadata.annotations, "deployment.kubernetes.io/desired-replicas": "5" };
    cluster.put("replicasets", {
      ...old,
      metadata: { ...old.metadata, annotations },
      status: { replicas: 1 },
    });
    cluster.perform(mark);
    expect(replicaSet().metadata.labels).to.include({ "serin.dev/flight": "uid-web" });
    expect(replicaSet().metadata.annotations).to.include({ ...annotations, "serin.dev/run": formatRun(run) });
  });
});

describe("the verdict on a ReplicaSet", () => {
  const labelsOf = (write: Write) =>
    ((write as { body?: object }).body as { metadata: { labels: object } }).metadata.labels;
  const marked = aReplicaSet({ meta: { labels: { "serin.dev/verdict": "failed" } } });

  for (const outcome of ["promoted", "failed", "undone", "superseded"] as const)
    it(`is the label serin.dev/verdict=${outcome} once the rollout has ended so`, () => {
      const label = { "serin.dev/verdict": outcome };
      expect(labelsOf(workload.writeRunRecord(marked, "uid-web", { ...run, outcome }))).to.deep.include(
        label,
      );
      expect(labelsOf(workload.removeRunRecord(marked, { ...run, outcome }))).to.deep.include(label);
    });

  it("goes when the version is tried again, and no other write of a mark touches it", () => {
    const again = labelsOf(workload.writeRunRecord(marked, "uid-web", run));
    expect(again).to.deep.equal({ "serin.dev/flight": "uid-web", "serin.dev/verdict": null });
    const tried = aReplicaSet({ meta: { labels: { "serin.dev/verdict": "failed" }, annotations: {} } });
    const removal = { op: "remove", path: "/metadata/labels/serin.dev~1verdict" };
    expect(workload.writeMark(tried, "uid-web", run))
      .to.have.deep.property("body")
      .that.deep.includes(removal);
    expect(workload.writeMark(tried, "uid-web"))
      .to.have.deep.property("body")
      .that.not.deep.includes(removal);
    expect(labelsOf(workload.removeRunRecord(marked))).to.deep.equal({ "serin.dev/flight": null });
    const fresh = workload.writeRunRecord(aReplicaSet(), "uid-web", run);
    expect(labelsOf(fresh)).to.deep.equal({ "serin.dev/flight": "uid-web" });
  });
});
