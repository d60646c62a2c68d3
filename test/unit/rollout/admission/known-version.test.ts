import { expect } from "chai";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { formatRun, type Outcome } from "../../../../rollout/workload/run-record.ts";
import { annotate, edit, inFlight, no, yes } from "../../../support/ask.ts";
import { AT_NOON, aDeployment, aReplicaSet, NOON, readsOf } from "../../../support/builders.ts";

const RETRY = "serin.dev/retry";
/** When the version in flight began, after the one that failed. */
const LAST = new Date(NOON + 60_000).toISOString();
/** A version with this revision, whose last run ended so; it was compared with `stable`. */
function version(n: number, outcome?: Outcome, stable = "web1", replicas = 0): ReplicaSet {
  const message = "rolled back at 10%: errors. canary 9 of 10 requests failed";
  const times = { started: AT_NOON, stepSince: AT_NOON, ended: AT_NOON };
  const run = outcome && formatRun({ ...times, outcome, step: 0, stable, message });
  const annotations = {
    "deployment.kubernetes.io/revision": String(n),
    ...(run && { "serin.dev/run": run }),
  };
  return aReplicaSet({ image: `web:${n}`, replicas, meta: { annotations } });
}
const serving = (n: number, outcome?: Outcome, stable?: string) => version(n, outcome, stable, 5);
const sets = (...replicaSets: ReplicaSet[]) => readsOf({ replicaSets });
const to = (image: string, annotations = {}, old = aDeployment()) =>
  edit(annotate(old, annotations), {}, image);

describe("a version whose last canary failed", () => {
  const reads = sets(serving(1), version(2, "failed"));
  const times: [string, Deployment, ReturnType<typeof sets>][] = [
    ["at rest", aDeployment(), reads],
    ["while an undo ends", inFlight({ image: "web:1", held: { phase: "undone" } }), reads],
    [
      "while another version is in flight",
      inFlight({ image: "web:3", held: { started: LAST } }),
      sets(...reads.replicaSets, version(3)),
    ],
    [
      "after another version failed",
      inFlight({ image: "web:3", held: { started: LAST, phase: "failed" } }),
      sets(...reads.replicaSets, version(3, "failed")),
    ],
    [
      "while another version is promoted",
      inFlight({ image: "web:3", held: { started: LAST, phase: "promoting" } }),
      sets(...reads.replicaSets, version(3, "proven")),
    ],
    ["without replicas", aDeployment({ replicas: 0 }), reads],
    ["with strategy Recreate", aDeployment({ strategy: { type: "Recreate" } }), reads],
  ];
  for (const [when, old, found] of times) {
    it(`is refused ${when}, with the order that allows it`, () => {
      const message = no(to("web:2", {}, old), old, found);
      expect(message)
        .to.include("revision 2 has this template, and its canary failed (rolled back at 10%: errors)")
        .and.include("kubectl annotate deployment/web serin.dev/retry=2 allows one more canary");
      expect(no(to("web:2", { [RETRY]: "1" }, old), old, found), "another revision").to.equal(message);
    });

    it(`is taken ${when} once it is ordered, and the order is taken off`, () => {
      for (const stored of [old, annotate(old, { [RETRY]: "2" })]) {
        const { object } = yes(to("web:2", { [RETRY]: "2" }, stored), stored, found);
        // Without a canary no record would tell the API server's second request from another one.
        if (holdRecordOf(object) !== undefined)
          expect(object.metadata.annotations).to.not.have.property(RETRY);
      }
      const ordered = annotate(old, { [RETRY]: "2" });
      expect(
        yes(to("web:2", {}, old), ordered, found).object.metadata.annotations,
        "kubectl replace",
      ).to.not.have.property(RETRY);
    });
  }

  it("leaves the way to the stable version and to any other", () => {
    const old = inFlight({ image: "web:3", held: { started: LAST } });
    const found = sets(...reads.replicaSets, version(3));
    expect(no(to("web:2", {}, old), old, found)).to.include(
      "--to-revision=1 goes back to the stable version",
    );
    expect(holdRecordOf(yes(to("web:1", {}, old), old, found).object)?.phase).to.equal("undone");
    expect(holdRecordOf(yes(to("web:4", {}, old), old, found).object)?.phase).to.equal("canary");
  });

  it("keeps the order until its template comes, beside other orders", () => {
    for (const [old, found] of [
      [aDeployment(), reads],
      [inFlight({ image: "web:3", held: { started: LAST } }), sets(...reads.replicaSets, version(3))],
    ] as const) {
      const kept = yes(annotate(old, { [RETRY]: "2" }), old, found);
      expect(kept.object.metadata.annotations).to.include({ [RETRY]: "2" });
      expect(kept.warnings.join()).to.include("allows one more canary of revision 2");
      const later = yes(annotate(kept.object, { team: "a" }), kept.object, found);
      expect(later.object.metadata.annotations).to.include({ [RETRY]: "2" });
      expect(later.warnings, "said once").to.deep.equal([]);
    }
    const flying = annotate(inFlight({ image: "web:3", held: { started: LAST } }), { [RETRY]: "2" });
    const found = sets(...reads.replicaSets, version(3));
    const promoted = yes(annotate(flying, { "serin.dev/promote": "3" }), flying, found).object;
    expect(holdRecordOf(promoted)?.asked).to.equal("promote");
  });
});

describe("a restart of a failed version that is held", () => {
  const old = inFlight({ held: { phase: "failed" } });
  const reads = sets(serving(1), version(2, "failed"));
  const restart = (object: Deployment) => {
    const { template } = object.spec;
    const metadata = { ...template.metadata, annotations: { "kubectl.kubernetes.io/restartedAt": "now" } };
    return edit(object, { template: { ...template, metadata } });
  };

  it("is refused, because a nightly one would try the version again by itself, and names the order that tries it again", () => {
    expect(no(restart(old), old, reads)).to.equal(
      "a restart does not try revision 2 again, because its canary failed (rolled back at 10%: errors); " +
        "kubectl annotate deployment/web serin.dev/retry=2 tries it again; " +
        "kubectl rollout undo deployment/web goes back to the stable version",
    );
  });

  it("is a canary where restarts are to have one, and of a version that has not failed", () => {
    const asked = annotate(old, { "serin.dev/restart": "canary" });
    expect(holdRecordOf(yes(restart(asked), asked, reads).object)?.phase).to.equal("canary");
    const flying = inFlight();
    const others = sets(serving(1), version(2, "running", "web1", 1));
    expect(holdRecordOf(yes(restart(flying), flying, others).object)?.latched).to.equal(true);
  });
});

describe("a version that was proven", () => {
  const present = aDeployment({ image: "web:3" });
  const proven: [string, ReplicaSet[]][] = [
    ["was promoted before", [version(2, "promoted"), serving(3)]],
    ["was the stable version before this one", [version(2), serving(3, "promoted", "web2")]],
    ["was the stable version before this one", [version(2, "failed"), serving(3, "promoted", "web2")]],
  ];
  for (const [why, found] of proven) {
    it(`goes natively at once if it ${why}`, () => {
      const { object, warnings } = yes(to("web:2", {}, present), present, sets(...found));
      expect(holdRecordOf(object)).to.equal(undefined);
      expect(warnings.join()).to.include(`native rolling update, no canary: revision 2 ${why}`);
    });
  }

  const flying = inFlight({ image: "web:4", held: { stable: "web3", started: LAST } });
  for (const [why, found] of proven.slice(0, 2)) {
    it(`is a canary beside a rollout in flight, with the order that goes back at once, if it ${why}`, () => {
      const { object, warnings } = yes(to("web:2", {}, flying), flying, sets(...found, version(4)));
      expect(holdRecordOf(object)).to.include({ phase: "canary", latched: true });
      expect(warnings.join()).to.include(
        `revision 2 ${why}, and gets a canary because of the rollout in flight`,
      );
    });
  }

  it("says nothing about a version beside a rollout in flight that was never proven", () => {
    const { warnings } = yes(to("web:2", {}, flying), flying, sets(version(2), serving(3), version(4)));
    expect(warnings.join()).not.to.include("gets a canary because");
  });

  it("is a canary if serin.dev/rollback asks for it", () => {
    const asked = annotate(present, { "serin.dev/rollback": "canary" });
    const { object } = yes(to("web:2", {}, asked), asked, sets(version(2, "promoted"), serving(3)));
    expect(holdRecordOf(object)?.phase).to.equal("canary");
  });

  for (const outcome of ["undone", "superseded"] as const) {
    it(`is none that was ${outcome}`, () => {
      const { object } = yes(to("web:2", {}, present), present, sets(version(2, outcome), serving(3)));
      expect(holdRecordOf(object)?.phase).to.equal("canary");
    });
  }

  it("is none whose tracked ConfigMap has changed since", () => {
    const { template } = present.spec;
    const metadata = { ...template.metadata, annotations: { "serin.dev/config": "configmap/web=a..b" } };
    const changed = edit(present, { template: { ...template, metadata } });
    const { object } = yes(to("web:2", {}, changed), changed, sets(version(2, "promoted"), serving(3)));
    expect(holdRecordOf(object)?.phase ?? "native").to.not.equal("undone");
  });
});
