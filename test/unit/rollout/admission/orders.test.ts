import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import type { ClusterState } from "../../../../rollout/admission/change.ts";
import { RUN } from "../../../../rollout/keys.ts";
import { type HoldRecord, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { formatRun } from "../../../../rollout/workload/run-record.ts";
import { annotate, both, canarySet, inFlight, LATER, native, no, yes } from "../../../support/ask.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, readsOf } from "../../../support/builders.ts";

describe("orders", () => {
  const revision2 = (object: Deployment) => annotate(object, { "deployment.kubernetes.io/revision": "2" });
  const order = (object: Deployment, verb: string, revision = "2") =>
    annotate(object, { [`serin.dev/${verb}`]: revision });

  for (const verb of ["promote", "abort"] as const) {
    it(`carries ${verb} into the record and drops the annotation`, () => {
      const old = revision2(inFlight());
      const { object } = yes(order(old, verb), old, both);
      expect(holdRecordOf(object)).to.deep.equal({ ...holdRecordOf(old), asked: verb });
      expect(object.metadata.annotations).not.to.have.property(`serin.dev/${verb}`);
    });
  }

  it("retries what failed, and only that", () => {
    const failed = revision2(inFlight({ held: { phase: "failed", asked: "abort" }, surge: 1 }));
    const { object } = yes(order(failed, "retry"), failed, both);
    expect(holdRecordOf(object)).to.deep.equal({ ...aHeld({ originals: native }), started: LATER });
    expect(object.spec, "the controller sizes the canary").to.deep.equal(failed.spec);
  });

  const during = (phase: HoldRecord["phase"]) => revision2(inFlight({ held: { phase } }));
  const undone = revision2(inFlight({ image: "web:1", held: { phase: "undone" } }));
  const done: [string, Deployment, string, RegExp][] = [
    ["at rest", revision2(aDeployment()), "promote", /no rollout is in flight/],
    ["after the failure", during("failed"), "abort", /revision 2 is rolled back already/],
    ["during the promotion", during("promoting"), "promote", /revision 2 is being promoted already/],
    ["after an undo", undone, "abort", /the stable version is back already/],
  ];
  for (const [when, old, verb, said] of done) {
    it(`warns that ${verb} has nothing to do ${when}`, () => {
      const { object, warnings } = yes(order(old, verb), old, both);
      expect(object).to.deep.equal(old);
      expect(warnings.join()).to.match(said);
    });
  }

  const contrary: [string, Deployment, string, RegExp][] = [
    ["in flight", during("canary"), "retry", /revision 2 has not failed; serin.dev\/abort=2 goes back/],
    ["after the failure", during("failed"), "promote", /serin.dev\/retry=2 starts its canary again/],
    ["during the promotion", during("promoting"), "abort", /kubectl rollout undo deployment\/web goes back/],
    ["during the promotion", during("promoting"), "retry", /kubectl rollout undo deployment\/web goes back/],
    ["after an undo", undone, "promote", /apply the other template again/],
    ["after an undo", undone, "retry", /apply the other template again/],
  ];
  for (const [when, old, verb, said] of contrary) {
    it(`refuses ${verb} ${when}, with what would do`, () => {
      expect(no(order(old, verb), old, both)).to.match(said);
    });
  }

  it("refuses to overrule an order to abort that is not carried out yet, except by the same order", () => {
    const aborting = (held = {}) => revision2(inFlight({ held: { asked: "abort", ...held } }));
    for (const verb of ["promote", "retry"])
      expect(no(order(aborting(), verb), aborting(), both), verb).to.equal(
        `serin.dev/${verb}: revision 2 is being rolled back on request; serin.dev/retry=2 starts its canary again after that`,
      );
    const advance = order(aborting(), "advance", "2/1");
    expect(no(advance, aborting(), both)).to.match(/is being rolled back on request/);
    expect(holdRecordOf(yes(order(aborting(), "abort"), aborting(), both).object)?.asked).to.equal("abort");
    const promoting = revision2(inFlight({ held: { asked: "promote" } }));
    expect(holdRecordOf(yes(order(promoting, "abort"), promoting, both).object)?.asked).to.equal("abort");
    const waiting = aborting({ latched: true });
    const promoted = yes(order(waiting, "promote"), waiting, both).object;
    expect(holdRecordOf(promoted)?.asked, "while the abort waits for a stable pod").to.equal("promote");
  });

  it("names an undo that kubectl accepts and that goes to the stable version, also after a failed one or in a pause", () => {
    const numbered = (image: string, revision: string) =>
      aReplicaSet({ image, meta: { annotations: { "deployment.kubernetes.io/revision": revision } } });
    const reads = readsOf({ replicaSets: [numbered("web:1", "1"), canarySet(), numbered("web:3", "3")] });
    const promoting = (paused: boolean) =>
      annotate(inFlight({ image: "web:3", held: { phase: "promoting" }, paused }), {
        "deployment.kubernetes.io/revision": "3",
      });
    const said = (paused: boolean) => no(order(promoting(paused), "abort", "3"), promoting(paused), reads);
    const undo = "kubectl rollout undo deployment/web --to-revision=1 goes back";
    expect(said(false)).to.include(`promoted; ${undo}`);
    expect(said(true)).to.include(`promoted; kubectl rollout resume deployment/web && ${undo}`);
  });

  it("obeys no order for another revision, and not two at once", () => {
    const old = revision2(inFlight());
    expect(no(order(old, "promote", "1"), old, both)).to.include('"2"');
    expect(no(order(order(old, "promote"), "abort"), old)).to.include("only one");
  });

  it("obeys an order beside an old one that an undo has brought back, and drops both", () => {
    const old = order(revision2(inFlight()), "retry", "7");
    const { object } = yes(order(old, "promote"), old, both);
    expect(holdRecordOf(object)?.asked).to.equal("promote");
    expect(object.metadata.annotations).not.to.have.property("serin.dev/retry");
  });

  it("keeps an order to retry that waits for its template beside another order", () => {
    const old = order(revision2(inFlight()), "retry", "9");
    const run = {
      started: AT_NOON,
      outcome: "failed",
      step: 0,
      stepSince: AT_NOON,
      stable: "web1",
      message: "",
    } as const;
    const meta = { annotations: { "deployment.kubernetes.io/revision": "9", [RUN]: formatRun(run) } };
    const reads = readsOf({
      replicaSets: [aReplicaSet(), canarySet(), aReplicaSet({ image: "web:4", replicas: 0, meta })],
    });
    const { object } = yes(order(old, "abort"), old, reads);
    expect(holdRecordOf(object)?.asked).to.equal("abort");
    expect(object.metadata.annotations).to.have.property("serin.dev/retry", "9");
  });

  const third = aReplicaSet({
    image: "web:3",
    replicas: 1,
    available: 0,
    meta: { annotations: { "deployment.kubernetes.io/revision": "3" } },
  });
  const newer: [string, Deployment, ClusterState, string, RegExp][] = [
    [
      "waits for the version before it",
      inFlight({ image: "web:3", held: { latched: true }, paused: true }),
      both,
      "2",
      /"2" is not the revision in flight; expected "3"/,
    ],
    [
      "was paused by the user before it started",
      inFlight({ image: "web:3", paused: true }),
      both,
      "2",
      /expected "3"/,
    ],
    [
      "is not started yet, where the stable version has the revision",
      inFlight({ image: "web:2" }),
      readsOf(),
      "2",
      /expected "3"/,
    ],
    [
      "is started, but the Deployment does not show it yet",
      inFlight({ image: "web:3" }),
      readsOf({ replicaSets: [aReplicaSet(), canarySet(), third] }),
      "2",
      /expected "3"/,
    ],
  ];
  for (const [when, flying, reads, named, expected] of newer) {
    for (const verb of ["promote", "abort", "retry"]) {
      it(`acts by ${verb} on no version that ${when}`, () => {
        const old = revision2(flying);
        expect(no(order(old, verb, named), old, reads)).to.match(expected);
      });
    }
  }

  it("obeys an order for a version that waits, by the revision that it will have", () => {
    const old = revision2(inFlight({ image: "web:3", held: { latched: true }, paused: true }));
    expect(holdRecordOf(yes(order(old, "promote", "3"), old, both).object)?.asked).to.equal("promote");
  });

  it("obeys an order for a version that the Deployment does not show yet", () => {
    const old = revision2(inFlight({ image: "web:3" }));
    const reads = readsOf({ replicaSets: [aReplicaSet(), canarySet(), third] });
    expect(holdRecordOf(yes(order(old, "promote", "3"), old, reads).object)?.asked).to.equal("promote");
  });

  for (const verb of ["promote", "abort", "advance"] as const) {
    it(`keeps no order to ${verb} that comes with a template for a later request`, () => {
      const old = revision2(aDeployment());
      const named = verb === "advance" ? "3/1" : "3";
      const next = order({ ...old, spec: inFlight().spec }, verb, named);
      const begun = yes(next, old, both);
      expect(holdRecordOf(begun.object)).not.to.have.property("asked");
      expect(begun.object.metadata.annotations).not.to.have.property(`serin.dev/${verb}`);
      expect(begun.warnings).to.include(
        `serin.dev/${verb}: ignored with a new template; give the order once that version is in flight`,
      );
    });
  }

  it("promises no version in flight where the template with an order begins no canary", () => {
    const warned = (next: Deployment, old: Deployment, reads: ClusterState) => {
      const { object, warnings } = yes(order(next, "promote"), old, reads);
      expect(object.metadata.annotations).not.to.have.property("serin.dev/promote");
      return warnings.filter((warning) => warning.startsWith("serin.dev/promote"));
    };
    const ignored = ["serin.dev/promote: ignored with a template that begins no canary"];
    const flying = revision2(inFlight());
    const undone = { ...flying, spec: aDeployment().spec };
    expect(warned(undone, flying, both), "the stable template").to.deep.equal(ignored);
    const rest = revision2(aDeployment());
    const unready = readsOf({ replicaSets: [aReplicaSet({ available: 0 })] });
    expect(warned({ ...rest, spec: inFlight().spec }, rest, unready), "natively").to.deep.equal(ignored);
    const third = { ...flying, spec: inFlight({ image: "web:3" }).spec };
    expect(warned(third, flying, both), "superseding").to.deep.equal([
      "serin.dev/promote: ignored with a new template; give the order once that version is in flight",
    ]);
  });

  it("says nothing about an order that was stored before the template came, and drops it", () => {
    const old = order(revision2(aDeployment()), "abort", "3");
    const { object, warnings } = yes({ ...old, spec: inFlight().spec }, old, both);
    expect(object.metadata.annotations).not.to.have.property("serin.dev/abort");
    expect(warnings.join()).not.to.include("serin.dev/abort");
  });
});
