import { expect } from "chai";
import { HISTORY_LIMIT, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
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

  it("takes another value in flight for the user's wish, and restores it with an undo", () => {
    const first = inFlight({ held: { originals: { ...native, revisionHistoryLimit: 0 } } });
    const { object } = yes(edit(first, { revisionHistoryLimit: 4 }), first);
    expect(object.spec.revisionHistoryLimit).to.equal(HISTORY_LIMIT);
    expect(holdRecordOf(object)?.originals.revisionHistoryLimit).to.equal(4);
    const undone = yes(edit(object, {}, "web:1"), object, both).object;
    expect(undone.spec.revisionHistoryLimit).to.equal(4);
  });

  it("begins to hold it in a rollout that an earlier Serin began", () => {
    const old = edit(inFlight(), { revisionHistoryLimit: 1 });
    const { object } = yes(edit(old, { minReadySeconds: 5 }), old);
    expect(object.spec.revisionHistoryLimit).to.equal(HISTORY_LIMIT);
    expect(holdRecordOf(object)?.originals).to.deep.include({ minReadySeconds: 5, revisionHistoryLimit: 1 });
    expect(yes(edit(old, {}, "web:1"), old, both).object.spec.revisionHistoryLimit).to.equal(1);
  });
});
