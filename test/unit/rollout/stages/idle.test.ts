import { expect } from "chai";
import { incrementsSince } from "../../../../rollout/judge/counters.ts";
import { fold, noEvidence } from "../../../../rollout/judge/fold.ts";
import { advance } from "../../../../rollout/stages/advance.ts";
import { checkEnded } from "../../../../rollout/stages/check-ended.ts";
import { checkCounting } from "../../../../rollout/stages/counting.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { aRoute, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { MINUTE, recorded } from "../judge/decided.ts";
import { recordIn } from "./routed.ts";

const blue = { name: "blue", port: 80, weight: 100 };
const start = { since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] };

/** A canary whose route gives its Service this weight. No counter has had a request of either version. */
function withWeight(
  weight: number,
  minutes: number,
  annotations: Record<string, string> = {},
  step = 0,
): Snapshot {
  const at = NOON + minutes * MINUTE;
  const route = aRoute({ backends: [blue, { name: "web", port: 80, weight }] });
  const snapshot = aRollout({ now: at, annotations, run: { step }, routes: [carrying(route, 10, NOON)] });
  const judged = { ...noEvidence(start), at, uncounted: (minutes * MINUTE) / start.tickMs, stepFrom: NOON };
  return { ...snapshot, evidence: { judged, gates: {} } };
}

describe("a canary whose route gives its Service a weight of 0", () => {
  it("is not rolled back because no counter has a request of it", () => {
    expect(recordIn(checkCounting(withWeight(1, 11))?.writes ?? [])?.message).to.match(
      /^rolled back .*: Prometheus has no series of these backends/,
    );
    expect(checkCounting(withWeight(0, 11))).to.equal(undefined);
    const { writes, condition } = advance(withWeight(0, 9));
    expect(writes).to.deep.equal([]);
    expect(condition).to.include({ reason: "Holding", wait: "traffic" });
    expect(condition?.message).to.match(
      /^holding at 10%: no requests to either version: HTTPRoute shop\/web gives Service web a weight of 0/,
    );
  });

  it("ends as the user wants it for silence", () => {
    const last = (annotations: Record<string, string>) => advance(withWeight(0, 31, annotations, 2));
    expect(last({}).condition?.message).to.match(/^holding .*: no requests to either version: HTTPRoute /);
    expect(recorded(last({ "serin.dev/compare": "silent=promote" }))?.outcome).to.equal("proven");
  });

  it("stays at its step: an owner who raises the weight would give a later share to a version that had no request", () => {
    for (const minutes of [11, 29, 31]) {
      const { writes, condition } = advance(withWeight(0, minutes));
      expect(writes, `after ${minutes} minutes`).to.deep.equal([]);
      expect(condition).to.include({ reason: "Holding", wait: "traffic" });
    }
    const promoted = (minutes: number) =>
      recorded(advance(withWeight(0, minutes, { "serin.dev/compare": "silent=promote" })))?.step;
    expect([promoted(29), promoted(31)]).to.deep.equal([undefined, 1]);
    const rolledBack = advance(withWeight(0, 31, { "serin.dev/compare": "silent=rollback" }));
    expect(recorded(rolledBack)?.outcome).to.equal("failed");
  });

  it("has the whole deadline for its first series once its owner raises the weight", () => {
    const uncounted = (weight: number) => {
      const { evidence, judgeInput, ...rest } = withWeight(weight, 11);
      if (evidence?.judged === undefined || judgeInput === undefined) throw new Error("nothing is judged");
      const { counts, present } = incrementsSince(undefined, []);
      const at = rest.now + start.tickMs;
      const pods = { canary: [], stable: [] };
      return fold(evidence.judged, { at, counts, present, pods }, judgeInput.terms).uncounted;
    };
    expect(uncounted(0)).to.equal(0);
    expect(uncounted(1)).to.equal(133);
  });

  it("has not ended the stable version's requests: its owner has", () => {
    const { evidence, ...snapshot } = withWeight(0, 5);
    const judged = { ...noEvidence(start), ...evidence?.judged, pace: 6_000, quiet: 60 };
    const present = { canary: false, stable: true };
    const ended = { ...snapshot, evidence: { gates: {}, judged: { ...judged, present } } } as Snapshot;
    expect(checkEnded(ended)).to.equal(undefined);
    expect(checkEnded({ ...ended, routes: withWeight(1, 5).routes })?.writes).not.to.equal(undefined);
  });
});
