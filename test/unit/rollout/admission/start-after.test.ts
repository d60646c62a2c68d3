import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { startAfter } from "../../../../rollout/workload/start-after.ts";
import { annotate, both, edit, inFlight, LATER, yes } from "../../../support/ask.ts";

/** The time at which the requests arrive, plus so many ms. */
const later = (ms: number) => new Date(Date.parse(LATER) + ms).toISOString();

describe("the start of a rollout, which names it", () => {
  it("is later than that of the rollout before it, although the clock of another webhook is ahead", () => {
    for (const [before, expected] of [
      [-1, 0],
      [0, 1],
      [9_000, 9_001],
      [3_600_000, 0],
    ] as const)
      expect(startAfter({ started: later(before) }, LATER), `${before} ms`).to.equal(later(expected));
    expect(startAfter(undefined, LATER)).to.equal(LATER);
  });

  it("tells a retry, a superseding version and one after a failure from the rollout before", () => {
    const held = { started: later(9_000) };
    const failed = inFlight({ held: { ...held, phase: "failed" } });
    const promoting = inFlight({ held: { ...held, phase: "promoting" } });
    for (const [old, requested] of [
      [failed, annotate(failed, { "serin.dev/retry": "2" })],
      [failed, edit(failed, {}, "web:3")],
      [inFlight({ held }), edit(inFlight({ held }), {}, "web:3")],
      [promoting, edit(promoting, {}, "web:3")],
    ] as const)
      expect(holdRecordOf(yes(requested, old, both).object)).to.include({
        phase: "canary",
        started: later(9_001),
      });
  });
});
