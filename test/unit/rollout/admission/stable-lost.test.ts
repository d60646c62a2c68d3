import { expect } from "chai";
import { answerTracker } from "../../../../rollout/admission/tracked.ts";
import { isHeld, keepHistory } from "../../../../rollout/workload/hold.ts";
import { type HoldRecord, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { annotate, canarySet, edit, inFlight, LATER, native, no, yes } from "../../../support/ask.ts";
import { AT_NOON, aDeployment, aReplicaSet, aRoute, readsOf } from "../../../support/builders.ts";
import { carrying } from "../../../support/rollout.ts";

const alone = readsOf({ replicaSets: [canarySet()] });
const restore = { kind: "restore", uid: "uid-web" };
const flying = (held: Partial<HoldRecord> = {}) =>
  annotate(inFlight({ held }), { "deployment.kubernetes.io/revision": "2" });
const optedOut = (object: ReturnType<typeof flying>) => {
  const { "serin.dev/rollout": _in, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
};

describe("admission without a stable ReplicaSet", () => {
  const phases: Partial<HoldRecord>[] = [
    { phase: "canary" },
    { phase: "canary", latched: true },
    { phase: "failed" },
    { phase: "failed", lost: true },
    { phase: "undone", lost: true },
  ];
  for (const held of phases) {
    for (const image of ["web:1", "web:3"]) {
      it(`lets native control replace ${JSON.stringify(held)} by ${image}, and restores the Services first`, () => {
        const old = flying({ ...held, asked: "promote" });
        const { object, effects, warnings } = yes(edit(old, {}, image), old, alone);
        expect(object.spec).to.deep.equal(keepHistory(aDeployment({ image }).spec));
        expect(holdRecordOf(object)).to.deep.equal({
          started: AT_NOON,
          phase: "undone",
          stable: "web1",
          originals: native,
          lost: true,
          ...(held.phase === "failed" && { failed: true }),
        });
        expect(effects).to.deep.equal([restore]);
        expect(warnings).to.deep.equal([
          "native rolling update, no canary: the stable ReplicaSet is gone: there is nothing to compare with",
        ]);
      });
    }
  }

  it("drains the canary after it has restored the Services", () => {
    const old = flying();
    const reads = { ...alone, routes: [carrying(aRoute(), 10, 0)] };
    const { effects } = yes(edit(old, {}, "web:3"), old, reads);
    expect(effects).to.deep.equal([restore, { kind: "drain", uid: "uid-web", undo: AT_NOON }]);
  });

  it("takes a template without the opt-in", () => {
    const old = flying();
    const { object } = yes(edit(optedOut(old), {}, "web:1"), old, alone);
    expect([isHeld(object.spec), holdRecordOf(object)?.phase]).to.deep.equal([false, "undone"]);
  });

  it("begins a canary again once native control has recreated the stable version", () => {
    const old = flying({ phase: "undone", lost: true });
    const { object } = yes(edit(old, {}, "web:3"), old);
    expect(holdRecordOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      originals: native,
    });
  });

  it("refuses the tracker, which must not restart pods without a canary", () => {
    const old = flying();
    const answer = answerTracker(yes(edit(old, {}, "web:3"), old, alone));
    expect(answer).to.deep.include({
      message:
        "a changed ConfigMap or Secret restarts no pods by itself: no canary: the stable ReplicaSet is gone: " +
        "there is nothing to compare with",
    });
  });

  it("lets the opt-in go once Serin has noted the loss", () => {
    for (const phase of ["canary", "failed"] as const) {
      expect(no(optedOut(flying({ phase })), flying({ phase }))).to.match(/cannot go/);
      const old = flying({ phase, lost: true });
      const { object, effects } = yes(optedOut(old), old);
      expect(object.spec).to.deep.equal(keepHistory(aDeployment({ image: "web:2" }).spec));
      expect(holdRecordOf(object)).to.deep.include({ phase: "undone", lost: true, originals: native });
      expect(effects).to.deep.equal([restore]);
    }
    const undone = flying({ phase: "undone", lost: true });
    expect(no(optedOut(undone), undone)).to.match(/try again when it has ended/);
  });

  it("takes an order to promote the canary, and a failed one as another rollout", () => {
    const order = { "serin.dev/promote": "2" };
    const running = flying({ lost: true });
    expect(holdRecordOf(yes(annotate(running, order), running, alone).object)).to.deep.include({
      started: AT_NOON,
      asked: "promote",
    });
    const failed = flying({ phase: "failed", lost: true });
    expect(holdRecordOf(yes(annotate(failed, order), failed, alone).object)).to.deep.include({
      started: LATER,
      phase: "canary",
      asked: "promote",
      lost: true,
    });
  });

  it("says that the other orders have nothing to go back to", () => {
    for (const [order, phase] of [
      ["abort", "canary"],
      ["retry", "failed"],
    ] as const) {
      const old = flying({ phase, lost: true });
      const { object, warnings } = yes(annotate(old, { [`serin.dev/${order}`]: "2" }), old, alone);
      expect(holdRecordOf(object)).to.deep.equal(holdRecordOf(old));
      expect(warnings).to.deep.equal([
        `serin.dev/${order}: not possible after the stable version was lost: promote this version, or set another template`,
      ]);
    }
  });

  it("does not wait for a version that was promoted on request and is never ready", () => {
    const old = inFlight({ held: { phase: "promoting" } });
    const dead = aReplicaSet({ image: "web:2", available: 0 });
    const fix = aDeployment({ image: "web:3" });
    const { object, warnings } = yes(fix, old, readsOf({ replicaSets: [dead] }));
    expect([isHeld(object.spec), object.spec.paused]).to.deep.equal([false, undefined]);
    expect(warnings.join()).to.match(/native rolling update, no canary: no pod of the present version/);
    const next = yes(fix, old, readsOf({ replicaSets: [aReplicaSet({ available: 2 }), dead] })).object;
    expect(holdRecordOf(next)).to.deep.include({ stable: "web1", latched: true });
  });
});
