import { expect } from "chai";
import { admitCreate } from "../../../../rollout/admission/admit.ts";
import { HISTORY_LIMIT, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { writeEnd } from "../../../../rollout/workload/writes.ts";
import { both, edit, inFlight, native, yes } from "../../../support/ask.ts";
import { aDeployment } from "../../../support/builders.ts";

describe("admission of revisionHistoryLimit", () => {
  it("holds it with a new version, so that native control cannot delete the stable ReplicaSet", () => {
    const { object } = yes(
      aDeployment({ image: "web:2", revisionHistoryLimit: 0 }),
      aDeployment({ revisionHistoryLimit: 0 }),
    );
    expect(object.spec.revisionHistoryLimit).to.equal(HISTORY_LIMIT);
    expect(holdRecordOf(object)?.originals).to.deep.equal({ ...native, revisionHistoryLimit: 0 });
  });

  it("takes another value in flight for the user's wish, and keeps holding it through an undo", () => {
    const first = inFlight({ held: { originals: { ...native, revisionHistoryLimit: 0 } } });
    const { object } = yes(edit(first, { revisionHistoryLimit: 4 }), first);
    expect(object.spec.revisionHistoryLimit).to.equal(HISTORY_LIMIT);
    expect(holdRecordOf(object)?.originals.revisionHistoryLimit).to.equal(4);
    const undone = yes(edit(object, {}, "web:1"), object, both).object;
    expectHeld(undone, 4);
    expectHeld(yes(edit(undone, { minReadySeconds: 5 }), undone).object, 4);
    expectHeld(yes(edit(undone, { revisionHistoryLimit: 2 }), undone).object, 2);
    expectHeld(yes(edit(undone, {}, "web:3"), undone, both).object, 4);
  });

  it("begins to hold it in a rollout that an earlier Serin began", () => {
    const old = edit(inFlight(), { revisionHistoryLimit: 1 });
    const { object } = yes(edit(old, { minReadySeconds: 5 }), old);
    expect(object.spec.revisionHistoryLimit).to.equal(HISTORY_LIMIT);
    expect(holdRecordOf(object)?.originals).to.deep.include({ minReadySeconds: 5, revisionHistoryLimit: 1 });
    expectHeld(yes(edit(old, {}, "web:1"), old, both).object, 1);
  });

  it("holds it as well when a user goes back during the native promotion", () => {
    const old = inFlight({ held: { phase: "promoting" }, revisionHistoryLimit: 0 });
    expect(yes(edit(old, { minReadySeconds: 5 }), old).object.spec.revisionHistoryLimit).to.equal(0);
    expectHeld(yes(edit(old, {}, "web:1"), old, both).object, 0);
  });

  it("restores it in a copy that was taken before the end of an undo", () => {
    const originals = { ...native, revisionHistoryLimit: 3 };
    const copy = inFlight({ image: "web:1", held: { phase: "undone", originals } });
    const { object } = admitCreate(copy) as { object: typeof copy };
    expect(object.spec.revisionHistoryLimit).to.equal(3);
  });

  it("is restored in the same write that ends the rollout", () => {
    for (const [limit, expected] of [
      [3, { op: "add", path: "/spec/revisionHistoryLimit", value: 3 }],
      [undefined, { op: "remove", path: "/spec/revisionHistoryLimit" }],
    ] as const) {
      const originals = { ...native, ...(limit !== undefined && { revisionHistoryLimit: limit }) };
      const write = writeEnd(inFlight({ image: "web:1", held: { phase: "undone", originals } }));
      expect("body" in write && write.body).to.deep.include(expected);
    }
    const promoted = inFlight({ held: { phase: "promoting" }, revisionHistoryLimit: 3 });
    expect(JSON.stringify(writeEnd(promoted))).to.not.contain("/spec/");
  });

  function expectHeld({ spec, metadata }: ReturnType<typeof inFlight>, limit: number): void {
    expect(spec.revisionHistoryLimit).to.equal(HISTORY_LIMIT);
    expect(holdRecordOf({ metadata })?.originals.revisionHistoryLimit).to.equal(limit);
  }
});
