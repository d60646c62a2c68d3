import { expect } from "chai";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { admitUpdate } from "../../../../rollout/admission/admit.ts";
import type { ClusterState } from "../../../../rollout/admission/change.ts";
import { keepHistory } from "../../../../rollout/workload/hold.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { planOf } from "../../../../rollout/workload/plan-of.ts";
import {
  annotate,
  atPause,
  both,
  canarySet,
  edit,
  inFlight,
  LATER,
  native,
  no,
  yes,
} from "../../../support/ask.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  NOON,
  readsOf,
} from "../../../support/builders.ts";
import { applied } from "../../../support/routes.ts";

describe("admission in flight", () => {
  it("re-imposes the hold, and takes other values for the user's wish", () => {
    const old = inFlight();
    const manifest = aDeployment({
      image: "web:2",
      replicas: 8,
      minReadySeconds: 5,
      progressDeadlineSeconds: 60,
    });
    const { object } = yes(manifest, old);
    expect(object.spec).to.deep.equal({ ...old.spec, replicas: 8 });
    expect(holdRecordOf(object)).to.deep.equal(
      aHeld({ originals: { ...native, minReadySeconds: 5, progressDeadlineSeconds: 60 } }),
    );
    expect(object.metadata.labels).to.deep.equal(old.metadata.labels);
  });

  it("takes an echo for an echo", () => {
    const old = inFlight();
    const labelled = { ...old, metadata: { ...old.metadata, labels: { ...old.metadata.labels, team: "a" } } };
    expect(yes(labelled, old).object).to.deep.equal(labelled);
  });

  it("latches a newer template: paused, nothing moves, same stable version", () => {
    const old = inFlight({ surge: "25%" });
    const { object, effects } = yes(edit(old, { minReadySeconds: 9 }, "web:3"), old, both);
    expect(object.spec.paused).to.equal(true);
    expect(object.spec.strategy).to.deep.equal(old.spec.strategy);
    const originals = { ...native, minReadySeconds: 9 };
    expect(holdRecordOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      latched: true,
      row: 1,
      originals,
    });
    expect(effects).to.deep.equal([]);
  });

  it("takes no order and no loss of the version before for the next one, whether that had started or not", () => {
    const before = { asked: "promote", advance: 1, lost: true, row: 2 } as const;
    const taken = (old: Deployment, reads: ClusterState) => {
      const { asked, advance, lost, row } =
        holdRecordOf(yes(edit(old, {}, "web:3"), old, reads).object) ?? {};
      return { asked, advance, lost, row };
    };
    const none = { asked: undefined, advance: undefined, lost: undefined };
    const started = inFlight({ held: before });
    expect(taken(started, both)).to.deep.equal({ ...none, row: 3 });
    const unstarted = inFlight({ held: before, paused: true });
    expect(taken(unstarted, readsOf())).to.deep.equal({ ...none, row: 2 });
    const failed = inFlight({ held: { ...before, phase: "failed" } });
    expect(taken(failed, both)).to.deep.equal({ ...none, row: undefined });
  });

  it("latches a newer template during the promotion, on the version that was proven", () => {
    const old = inFlight({ held: { phase: "promoting" } });
    const { object } = yes(aDeployment({ image: "web:3", minReadySeconds: 3 }), old, both);
    expect(object.spec.paused).to.equal(true);
    expect(holdRecordOf(object)).to.deep.include({ phase: "canary", stable: "web2", latched: true });
    expect(holdRecordOf(object)?.originals).to.deep.equal({ ...native, minReadySeconds: 3 });
  });

  it("keeps who paused before the latch", () => {
    const old = inFlight({ paused: true });
    const { object } = yes(edit(old, {}, "web:3"), old, both);
    expect(holdRecordOf(object)?.originals.paused).to.equal(true);
    const v4 = yes(edit(object, {}, "web:4"), object, both).object;
    expect(holdRecordOf(v4)?.originals.paused).to.equal(true);
  });

  it("takes a resume while latched for the user's wish", () => {
    const paused = { ...native, paused: true };
    const old = inFlight({ held: { latched: true, originals: paused }, paused: true });
    const { object } = yes(edit(old, { paused: false }), old);
    expect(object.spec.paused, "the latch itself stays").to.equal(true);
    expect(holdRecordOf(object)?.originals).to.deep.equal(native);
    expect(holdRecordOf(yes(annotate(old, { team: "a" }), old).object)?.originals, "an echo").to.deep.equal(
      paused,
    );
  });

  it("does not take a pause of the plan for the user's: a newer template starts by itself", () => {
    const old = inFlight({ paused: true });
    expect(holdRecordOf(yes(edit(old, {}, "web:3"), old, atPause).object)?.originals).to.deep.equal(native);
  });
  it("does not take a pause of the plan for the user's: a revert is not stopped by it", () => {
    const old = inFlight({ paused: true });
    expect(yes(edit(old, {}, "web:1"), old, atPause).object.spec.paused).to.equal(undefined);
  });

  const route = (weight: number, controllerName = "traefik.io/gateway-controller", since = AT_NOON) =>
    applied(aRoute({ status: { parents: [{ controllerName }] } }), {
      "uid-web": { namespace: "shop", canaryServices: { web: "web-canary" }, weight: weight, since },
    });

  it("gives the native fields but the history back when the stable template comes back, and drains first", () => {
    const old = inFlight();
    const { object, effects } = yes(edit(old, {}, "web:1"), old, readsOf({ ...both, routes: [route(50)] }));
    expect(object.spec).to.deep.equal(keepHistory(aDeployment().spec));
    expect(holdRecordOf(object)).to.deep.equal(aHeld({ phase: "undone", originals: native }));
    expect(effects).to.deep.equal([{ kind: "drain", uid: "uid-web", undo: AT_NOON }]);
    expect(
      yes(edit(old, {}, "web:1"), old, readsOf({ ...both, routes: [route(0)] })).effects,
      "it stays drained",
    ).to.deep.equal(effects);
    expect(yes(edit(old, {}, "web:1"), old, both).effects).to.deep.equal([]);
  });

  it("drains behind a gateway that is slow to follow, and asks to repeat the undo", () => {
    const old = inFlight();
    const slow = (weight: number) =>
      readsOf({ ...both, routes: [route(weight, "networking.gke.io/gateway")] });
    const undo = (weight: number, now: string) => admitUpdate(edit(old, {}, "web:1"), old, slow(weight), now);
    const refused = undo(50, AT_NOON);
    expect(refused).to.deep.include({
      allowed: false,
      effects: [{ kind: "drain", uid: "uid-web", undo: AT_NOON }],
    });
    expect(refused)
      .to.have.property("message")
      .that.matches(/up to 90s to follow; repeat this then/);
    const dry = { dryRun: true };
    const tried = yes(edit(old, {}, "web:1"), old, slow(50), dry);
    expect(holdRecordOf(tried.object)?.phase, "a dry run drains nothing that it could wait for").to.equal(
      "undone",
    );
    expect(tried.warnings.join()).to.match(/up to 90s to follow; repeat this then/);
    expect(undo(0, new Date(NOON + 60_000).toISOString()), "too early").to.include({ allowed: false });
    expect(undo(0, new Date(NOON + 90_000).toISOString()), "in force").to.include({ allowed: true });
  });

  it("waits until a failed version's traffic is gone before the next one takes its pods' place", () => {
    const old = inFlight({ held: { phase: "failed" } });
    for (const [since, expected] of [
      [LATER, ["drain", "isolate"]],
      [AT_NOON, ["isolate"]],
    ] as const) {
      const routes = [route(0, "traefik.io/gateway-controller", since)];
      const { object, effects } = yes(edit(old, {}, "web:3"), old, readsOf({ ...both, routes }));
      expect(holdRecordOf(object)).to.include({ phase: "canary" }).and.not.property("latched");
      expect(effects.map(({ kind }) => kind)).to.deep.equal(expected);
    }
  });

  it("survives an undo that replaces all annotations by a ReplicaSet's", () => {
    const old = inFlight();
    const undone = edit(
      { ...old, metadata: { ...old.metadata, annotations: { "deployment.kubernetes.io/revision": "1" } } },
      {},
      "web:1",
    );
    const { object } = yes(undone, old, both);
    expect(holdRecordOf(object)?.phase).to.equal("undone");
    expect(object.spec).to.deep.equal(keepHistory(aDeployment().spec));
    expect(planOf(object).steps).to.have.length(3);
    const labelled = {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, a: "b" } },
    };
    expect(yes(labelled, object).object, "any later update, without the opt-in").to.deep.equal(labelled);
  });

  it("gives the values back that the undo's own request brings", () => {
    const old = inFlight();
    const { object } = yes(aDeployment({ minReadySeconds: 4 }), old, both);
    expect(object.spec).to.deep.equal(keepHistory(aDeployment({ minReadySeconds: 4 }).spec));
  });

  it("keeps a failed canary held when its template comes again", () => {
    const old = inFlight({ held: { phase: "failed" }, surge: 1 });
    const { object } = yes(aDeployment({ image: "web:2" }), old);
    expect(object.spec).to.deep.equal(old.spec);
    expect(holdRecordOf(object)?.phase).to.equal("failed");
  });

  it("starts anew with a new template after a failure, and warns of a plain undo", () => {
    const revision = (n: string) => ({ annotations: { "deployment.kubernetes.io/revision": n } });
    const sets = [
      aReplicaSet({ meta: { ...aReplicaSet().metadata, ...revision("1") } }),
      canarySet({ ...canarySet().metadata, ...revision("2") }),
    ];
    const old = inFlight({ held: { phase: "failed" }, surge: 1 });
    const { object, warnings } = yes(
      aDeployment({ image: "web:3", minReadySeconds: 2 }),
      old,
      readsOf({ replicaSets: sets }),
    );
    expect(holdRecordOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      originals: { ...native, minReadySeconds: 2 },
    });
    expect(object.spec.strategy?.rollingUpdate?.maxSurge).to.equal("10%");
    expect(warnings.join()).to.include("failed revision 2").and.to.include("--to-revision=1");
  });

  it("warns of a plain undo only if it would go to the failed version", () => {
    const numbered = (set: ReplicaSet, revision: string): ReplicaSet => ({
      ...set,
      metadata: { ...set.metadata, annotations: { "deployment.kubernetes.io/revision": revision } },
    });
    const old = inFlight({ held: { phase: "failed" }, surge: 1 });
    const warnings = (failed: ReplicaSet[]) => {
      const reads = readsOf({ replicaSets: [numbered(aReplicaSet(), "5"), ...failed] });
      return yes(aDeployment({ image: "web:3" }), old, reads).warnings.join();
    };
    expect(warnings([numbered(canarySet(), "6")])).to.include("failed revision 6");
    expect(warnings([]), "it never had a pod").to.not.include("failed revision");
    expect(warnings([numbered(canarySet(), "3")]), "nor another number").to.not.include("failed revision");
  });

  it("latches a template after an end while the stable version is short or not available to native control", () => {
    for (const [phase, replicas, available, latched] of [
      ["undone", 5, 0, true],
      ["undone", 3, 3, true],
      ["undone", 5, 5, undefined],
      ["failed", 5, 0, true],
      ["failed", 5, 5, undefined],
    ] as const) {
      const old = inFlight({ held: { phase, stable: "web2" } });
      const stable = aReplicaSet({ image: "web:2", replicas, ready: replicas, available });
      const replicaSets = [aReplicaSet(), stable];
      const { object } = yes(aDeployment({ image: "web:3" }), old, readsOf({ replicaSets }));
      expect(holdRecordOf(object), `${phase}, ${available} available`).to.include({ stable: "web2" });
      expect(holdRecordOf(object)?.latched, `${phase}, ${available} available`).to.equal(latched);
    }
  });

  it("denies to opt out, with or without a new template", () => {
    const old = inFlight();
    const { "serin.dev/rollout": _opt, ...rest } = old.metadata.annotations ?? {};
    const out = { ...old, metadata: { ...old.metadata, annotations: rest } };
    expect(no(out, old)).to.include("undo");
    expect(no(edit(out, {}, "web:3"), old, both)).to.match(/^serin/);
  });
});
