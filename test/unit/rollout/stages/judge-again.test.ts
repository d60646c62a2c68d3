import { expect } from "chai";
import type { Findings } from "../../../../rollout/judge/evidence.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { judgeAgain } from "../../../../rollout/stages/judge-again.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { verdictOf } from "../../../../rollout/stages/step-verdict.ts";
import { CLOCK_SKEW_MS, instant } from "../../../../rollout/text/instant.ts";
import { lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aHeld, NOON } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { after, aTerms, begun } from "../judge/criteria.ts";

/** An hour after the first weight, which the backup has. */
const NOW = NOON + 3_600_000;
const bad = { total: 250, failed: 12 };
const good = { total: 250 };
const stable = { total: 750 };

/** What the gateway counted: a bad version, which was rolled back, and then a good one at the same Services. */
const both: Findings = {
  gates: {},
  judged: {
    ...after(357, good, stable, {
      from: after(3, bad, stable, {
        from: begun({ since: NOON, from: NOON }),
        terms: aTerms({ stepFrom: NOON }),
      }),
      terms: aTerms({ stepFrom: NOON }),
    }),
  },
};
/** The bad version's rollout as the backup has it. */
const restored = (run: Partial<RunRecord> = {}): Snapshot => ({
  ...aRollout({ now: NOW, run, evidence: both }),
  restoredAt: NOW - 1_000,
});
const recordIn = (snapshot: Snapshot) => {
  const [write] = judgeAgain(snapshot)?.writes ?? [];
  if (write?.verb !== "merge") throw new Error("no record is written");
  return lastRunOf(merge(snapshot.judged as never, write.body as never) as never);
};

describe("a canary that a restore of etcd brings back", () => {
  it("is not promoted by the requests of another version", () => {
    const snapshot = restored();
    expect(verdictOf(snapshot)?.kind, "what all requests say").to.equal("safe");
    const events = decide(snapshot).writes.flatMap((write) => (write.verb === "event" ? [write.reason] : []));
    expect(events).to.deep.equal(["JudgedAgain"]);
    const next = aRollout({ now: NOW, run: recordIn(snapshot) as RunRecord });
    expect(verdictOf(next)?.kind, "without the requests before").to.equal("early");
  });

  it("is judged from now on, in the same step, and stays there for the whole time of the step", () => {
    const evidence = begun({ since: NOON, from: NOON });
    const noted = { unansweredSince: AT_NOON, unroutedSince: AT_NOON, refusedSince: AT_NOON };
    const snapshot = restored({ step: 1, message: "kept" });
    const run = recordIn(restored({ step: 1, message: "kept", evidence, ...noted }));
    expect(run).to.deep.equal({ ...snapshot.run, judgedSince: instant(NOW), stepSince: instant(NOW) });
    const { judgeInput } = aRollout({ now: NOW, run: run as RunRecord });
    expect(judgeInput)
      .to.include({ from: NOW, judgedSince: instant(NOW) })
      .and.not.to.have.property("known");
    expect(judgeInput?.terms.stepFrom).to.equal(NOW);
  });

  it("is judged anew once for each restore", () => {
    const run = recordIn(restored()) as RunRecord;
    expect(judgeAgain(restored(run))).to.equal(undefined);
    expect(judgeAgain({ ...restored(run), restoredAt: NOW + 60_000 })?.writes).to.have.length(2);
  });

  it("is none if it began after the restore, or if no restore was noticed", () => {
    expect(judgeAgain({ ...restored(), restoredAt: NOON })).to.equal(undefined);
    const ahead = instant(NOW + 300_000);
    const byOther = aRollout({ now: NOW, held: aHeld({ started: ahead }), run: { started: ahead } });
    expect(judgeAgain({ ...byOther, restoredAt: NOW - 1_000 }), "a clock that is ahead").to.not.equal(
      undefined,
    );
    expect(judgeAgain(aRollout({ now: NOW }))).to.equal(undefined);
  });

  it("is judged from the restore on if the clock has gone back since", () => {
    const restoredAt = NOW + CLOCK_SKEW_MS;
    const run = recordIn({ ...restored(), restoredAt });
    expect(run?.judgedSince).to.equal(instant(restoredAt));
  });
});
