import { expect } from "chai";
import { fold } from "../../../../rollout/judge/fold.ts";
import { advance } from "../../../../rollout/stages/advance.ts";
import { checkHarm } from "../../../../rollout/stages/check-harm.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { AT_NOON, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { happened } from "../judge/criteria.ts";
import { after, MINUTE, recorded } from "../judge/decided.ts";

const TICK_MS = 10_000;
const SINCE = NOON + 3 * MINUTE;

/** A canary that was good at 50 %, one minute after it got all traffic: the stable version has no request any more. */
function atAll(failed: number, annotations: Record<string, string> = {}) {
  const plan = { "serin.dev/steps": "50, 100", "serin.dev/interval": "30s", ...annotations };
  const half = aRollout({ annotations: plan, weight: 50, now: SINCE });
  let judged = after(3, half, { total: 500 }, { total: 500 });
  const run = { step: 1, granted: 100, stepSince: instant(SINCE) };
  const all = aRollout({ annotations: plan, run, weight: 100, since: SINCE, now: SINCE + MINUTE });
  const terms = all.judgeInput?.terms;
  if (terms === undefined) throw new Error("nothing to judge");
  while (judged.at < SINCE + MINUTE)
    judged = fold(judged, happened(judged.at + TICK_MS, { total: 1_000, failed }, { total: 0 }), terms);
  return advance({ ...all, evidence: { gates: {}, judged } });
}

describe("a canary with all traffic", () => {
  it("is promoted by the check for what is not compared, because nobody is left to compare with", () => {
    const run = recorded(atAll(1));
    expect(run?.outcome).to.equal("proven");
    expect(run?.message).to.match(/^proven at 100%: success-rate >= 99%/);
  });

  it("is not promoted if it breaks that check", () => {
    expect(recorded(atAll(20))?.outcome).not.to.equal("proven");
  });

  it("is held, at last as inconclusive, while it refuses most requests and nobody knows how many were refused before", () => {
    const plan = { "serin.dev/steps": "100", "serin.dev/interval": "30s", "serin.dev/max-interval": "1m" };
    const held = (minutes: number) => {
      const all = aRollout({ annotations: plan, weight: 100, now: NOON + minutes * MINUTE });
      const judged = after(minutes, all, { total: 100, refused: 100 }, { total: 0 });
      return advance({ ...all, evidence: { gates: {}, judged } }).condition?.message;
    };
    expect(held(2)).to.match(/^holding at 100%: canary 1200 of 1200 requests got a 4xx answer or none/);
    expect(held(5)).to.match(/^holding at 100%: inconclusive: .*canary 3000 of 3000 .* decides$/);
  });

  it("is promoted by the user's own checks, or by none", () => {
    const own = recorded(atAll(20, { "serin.dev/checks": "success-rate >= 95%" }));
    expect(own?.message).to.match(/^proven at 100%: success-rate >= 95%/);
    const none = recorded(atAll(20, { "serin.dev/checks": "none" }));
    expect(none?.message).to.equal("proven at 100%: no checks; pods are healthy");
  });

  it("is still judged by the checks in a pause after it", () => {
    const paused = (steps: string, step: number, failed: number) => {
      const annotations = { "serin.dev/steps": steps };
      const rollout = aRollout({ annotations, run: { step, paused: true }, weight: 100, now: NOON + MINUTE });
      const judged = after(1, rollout, { total: 100, failed }, { total: 0 });
      return checkHarm({ ...rollout, evidence: { gates: {}, judged } });
    };
    expect(recorded(paused("10, 50, 100, pause", 3, 100) ?? { writes: [] })?.outcome).to.equal("failed");
    expect(paused("10, 50, 100, pause", 3, 0)).to.equal(undefined);
  });

  const plans = { canary: "50, 100", "blue-green": "100" } as const;
  for (const [strategy, steps] of Object.entries(plans))
    it(`does what the user wants for silence: ${strategy}`, () => {
      const silent = (action: string) => {
        const compare = `silent=${action}, inconclusive=${action}`;
        const annotations = {
          ...{ "serin.dev/rollout": strategy, "serin.dev/steps": steps, "serin.dev/compare": compare },
          ...{ "serin.dev/interval": "30s", "serin.dev/max-interval": "1m" },
        };
        const step = steps === "100" ? 0 : 1;
        const all = aRollout({ annotations, run: { step }, weight: 100, now: NOON + 5 * MINUTE });
        return advance({
          ...all,
          evidence: { gates: {}, judged: after(5, all, { total: 0 }, { total: 0 }) },
        });
      };
      expect(recorded(silent("promote"))?.outcome).to.equal("proven");
      expect(recorded(silent("rollback"))?.outcome).to.equal("failed");
      expect(silent("hold").condition?.message).to.match(/^holding at 100%: no requests .* decides$/);
    });
});

describe("the step before the one with all traffic", () => {
  /** What is decided after 35 minutes of evidence that proves neither harm nor safety, at a step of `steps`. */
  const open = (steps: string, step: number, weight: number, annotations: Record<string, string> = {}) => {
    const plan = { "serin.dev/steps": steps, ...annotations };
    const rollout = aRollout({ annotations: plan, run: { step }, weight, now: NOON + 35 * MINUTE });
    const few = (tick: number) => ({ total: tick % 4 === 0 ? 1 : 0 });
    return advance({ ...rollout, evidence: { gates: {}, judged: after(35, rollout, few, few) } });
  };

  it("is the last one that can prove anything, so it is not left by weak evidence", () => {
    for (const steps of ["50, 100", "50, pause, 100", "50, 100, pause"]) {
      const held = open(steps, 0, 50);
      expect(recorded(held), steps).to.equal(undefined);
      expect(held.condition?.message, steps).to.match(/^holding at 50%: inconclusive: .* decides$/);
    }
  });

  it("does what the user wants for inconclusive evidence", () => {
    const inconclusive = (action: string) =>
      recorded(open("50, 100", 0, 50, { "serin.dev/compare": `inconclusive=${action}` }));
    expect(inconclusive("promote")).to.include({ outcome: "running", step: 1, granted: 100 });
    expect(inconclusive("rollback")?.outcome).to.equal("failed");
  });

  it("is left by weak evidence if a later step is compared, or if it is not compared itself", () => {
    expect(recorded(open("10, 50", 0, 10))?.message).to.match(/weak evidence/);
    expect(recorded(open("10, 50, 100", 0, 10))?.message).to.match(/weak evidence/);
    const off = { "serin.dev/compare": "off", "serin.dev/checks": "success-rate >= 99.9%" };
    expect(recorded(open("50, 100", 0, 50, off))?.message).to.match(/^step 2 of 2 after 50%: /);
  });

  it("is not the last one without routes, because all traffic is split between the pods there", () => {
    const annotations = { "serin.dev/steps": "50, 100", "serin.dev/metrics": "application" };
    const at = (step: number) =>
      aRollout({ annotations, routes: [], run: { step, inForceSince: AT_NOON }, now: NOON + 35 * MINUTE });
    const few = (tick: number) => ({ total: tick % 4 === 0 ? 1 : 0 });
    const all = at(1);
    expect(all.judgeInput?.terms.compare).not.to.equal("off");
    expect(all.judgeInput?.terms.checks).to.deep.equal([]);
    const half = at(0);
    const evidence = { gates: {}, judged: after(35, half, few, few) };
    expect(recorded(advance({ ...half, evidence }))?.message).to.match(/weak evidence/);
  });
});
