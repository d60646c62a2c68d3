import { expect } from "chai";
import { withRoomForRecords } from "../../../../rollout/admission/annotation-room.ts";
import { allowed } from "../../../../rollout/admission/answer.ts";
import { withHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { AT_NOON, aDeployment, aHeld } from "../../../support/builders.ts";

const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const MOST = 262_144;

/** The answer to an update that begins a rollout, or that concerns one in flight, with so many bytes of such an annotation. */
function answered(key: string, text: string, { begins = true } = {}) {
  const before = aDeployment({ annotations: { [key]: text } });
  const held = aHeld({});
  const old = begins ? before : withHoldRecord(before, held, before);
  const after = withHoldRecord({ ...before, metadata: { ...before.metadata } }, held, before);
  const { annotations = {} } = after.metadata;
  const bytes = Buffer.byteLength(Object.entries(annotations).flat().join(""));
  return { answer: withRoomForRecords(allowed(after), old), bytes };
}

describe("the room for Serin's records beside a Deployment's annotations", () => {
  const fixed = (key: string) => answered(key, "").bytes;

  it("is what the API server stores, for an annotation that native control does not copy", () => {
    const most = MOST - fixed(APPLIED);
    expect(answered(APPLIED, "x".repeat(most)).answer.allowed).to.equal(true);
    expect(answered(APPLIED, "x".repeat(most + 1)).answer)
      .to.have.property("message")
      .that.contains("by 1 bytes");
  });

  it("leaves 16 KiB for the run record, if native control copies the annotation onto the ReplicaSet", () => {
    const most = MOST - 16_384 - fixed("notes");
    expect(answered("notes", "x".repeat(most)).answer.allowed).to.equal(true);
    expect(answered("notes", "x".repeat(most + 7)).answer)
      .to.have.property("message")
      .that.equals(
        "the annotations of the Deployment leave no room for Serin's records: shorten them by 7 bytes, or remove " +
          "serin.dev/rollout for a native rolling update",
      );
  });

  it("does not ask for the opt-out in flight, where Serin refuses it", () => {
    const before = aDeployment({ annotations: { notes: "x".repeat(MOST) } });
    const old = withHoldRecord(before, aHeld({}), before);
    const next = aHeld({ started: new Date(Date.parse(AT_NOON) + 60_000).toISOString() });
    expect(withRoomForRecords(allowed(withHoldRecord(before, next, before)), old))
      .to.have.property("message")
      .that.matches(/shorten them by \d+ bytes$/);
  });

  it("counts bytes, as the API server does", () => {
    expect(answered(APPLIED, "ü".repeat(MOST / 2)).answer.allowed).to.equal(false);
    expect(answered(APPLIED, "u".repeat(MOST / 2)).answer.allowed).to.equal(true);
  });

  it("keeps nobody from the end of a rollout in flight", () => {
    expect(answered("notes", "x".repeat(MOST), { begins: false }).answer.allowed).to.equal(true);
  });
});
