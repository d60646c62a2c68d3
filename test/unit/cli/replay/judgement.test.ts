import { expect } from "chai";
import { judgementOf } from "../../../../cli/replay/judgement.ts";
import { otherPlan, otherSettings } from "../../../../cli/replay/other-settings.ts";
import { replayScreen } from "../../../../cli/screens/replay-screen.ts";
import type { Plan } from "../../../../rollout/plan/plan.ts";
import { replayOf } from "../../../../rollout/replay/replay.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { aPlan } from "../../../support/builders.ts";
import { happened, SINCE, TICK_MS } from "../../rollout/judge/criteria.ts";

const plan = aPlan({ "serin.dev/steps": "10, 50" });
const STEP_2 = SINCE + 20 * TICK_MS;
const record = {
  step: 1,
  stepSince: instant(STEP_2),
  course: [
    { step: 0, weight: 10, at: instant(SINCE) },
    { step: 1, weight: 50, at: instant(STEP_2) },
  ],
};

/** The judgement about 40 ticks in which so many of 100 canary requests fail; the stable version fails none of 900. */
function judged(fails: number, by: Plan = plan) {
  const ticks = Array.from({ length: 40 }, (_, i) =>
    happened(SINCE + (i + 1) * TICK_MS, { total: 100, failed: fails }, { total: 900 }),
  );
  const start = { since: SINCE, from: SINCE, tickMs: TICK_MS, phi: 1, bounds: [] };
  return judgementOf(replayOf(record, by, start, ticks), record);
}

describe("the judgement of a replay", () => {
  it("says when each weight was verified, and the last numbers", () => {
    const { harm, weights, progress } = judged(0);
    expect(harm).to.equal(undefined);
    expect(weights.map(({ weight, from }) => [weight, from])).to.deep.equal([
      [10, SINCE],
      [50, STEP_2],
    ]);
    for (const { from, verifiedAt = 0 } of weights) expect(verifiedAt).to.be.above(from);
    expect(progress?.requests).to.deep.equal({ canary: 4_000, stable: 36_000 });
  });

  it("ends at the first tick that shows harm, before the weights that never came", () => {
    const { harm, weights, progress } = judged(5);
    expect(harm?.says).to.match(/^errors\. canary \d+ of \d+ requests failed/);
    expect(weights.map(({ weight }) => weight)).to.deep.equal([10]);
    expect(progress?.at).to.equal(harm?.at);
    expect(harm?.at).to.be.below(STEP_2);
  });

  it("has other verdicts by other settings", () => {
    const lenient = otherPlan(plan, { tolerance: "2", margin: "10%" });
    expect(lenient?.title).to.equal("tolerance=2, margin=10%");
    expect(judged(5, lenient?.plan).harm).to.equal(undefined);
    const strict = otherPlan({ ...plan, compare: "off" }, { checks: "success-rate >= 99%" });
    expect(judged(5, strict?.plan).harm?.says).to.match(/^success-rate >= 99% is broken/);
    expect(otherPlan(plan, {})).to.equal(undefined);
    expect(() => otherPlan(plan, { checks: "p99 <= fast" })).to.throw("serin.dev/checks");
  });

  it("keeps the settings that no flag names, and begins a comparison where there was none", () => {
    const own = aPlan({ "serin.dev/compare": "alpha=0.1%" });
    expect(otherPlan(own, { tolerance: "2" })?.plan.compare).to.include({ alpha: 0.001, tolerance: 2 });
    const off = aPlan({ "serin.dev/compare": "off" });
    expect(otherPlan(off, { tolerance: "2" })?.plan.compare).to.include({ alpha: 0.01, tolerance: 2 });
  });

  it("takes a flag for each number of serin.dev/compare, and refuses what the annotation refuses", () => {
    expect(Object.keys(otherSettings)).to.include.members([
      "tolerance",
      "margin",
      "alpha",
      "beta",
      "loss",
      "checks",
    ]);
    for (const [name, good, bad] of [
      ["tolerance", "1.5", "0.5"],
      ["margin", "0.1%", "0.1"],
    ] as const) {
      expect(otherSettings[name]?.read(good, undefined)).to.equal(good);
      expect(otherSettings[name]?.read(bad, undefined)).to.equal(undefined);
    }
    for (const { about } of Object.values(otherSettings)) expect(about).to.match(/\.$/);
  });

  it("is shown for each of the settings", () => {
    const surface = { columns: 80, isUnicode: true, paint: (_how: unknown, text: string) => text };
    const screen = replayScreen(surface, {
      ...{ of: "deployment/web -n shop, revision 9", ticks: 40, tickMs: TICK_MS },
      ...{ from: SINCE, to: SINCE + 40 * TICK_MS },
      judgements: [
        ["as then", judged(5)],
        ["tolerance=2, margin=10%", judged(0)],
      ],
    });
    expect(screen[0]).to.match(
      /^deployment\/web -n shop, revision 9: replayed 40 ticks of 10s, 14:02:00–14:08:40/,
    );
    expect(screen.join("\n"))
      .to.match(/^ {2}as then {4}✖ rolled back at 14:0\d:\d\d$/m)
      .and.match(/^ {2}tolerance=2, margin=10% {4}✔ not rolled back$/m)
      .and.match(/^ {4}50 % {6}since 14:05:20 {3}verified after \d+s$/m);
    for (const line of screen) expect(line.length).to.be.at.most(80);
    expect(screen.join(" ").replaceAll(/ +/g, " "), "the numbers are whole").to.match(
      /canary [\d,]+ of [\d,]+ requests failed, stable [\d,]+ of [\d,]+ requests failed/,
    );
  });
});
