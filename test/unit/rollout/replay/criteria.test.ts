import { expect } from "chai";
import { criteriaOver } from "../../../../rollout/replay/criteria.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { AT_NOON, aPlan, NOON } from "../../../support/builders.ts";

const MINUTE = 60_000;

describe("the criteria of a rollout that is judged again", () => {
  const plan = aPlan({ "serin.dev/steps": "50, 100, pause" });
  const record = {
    ...{ step: 2, stepSince: instant(NOON + 2 * MINUTE) },
    course: [
      { step: 0, weight: 50, at: AT_NOON },
      { step: 1, weight: 100, at: instant(NOON + MINUTE) },
    ],
  };
  const compared = (byPods: boolean) => {
    const at = criteriaOver(record, plan, byPods);
    return [0.5, 1.5, 2.5].map((minutes) => at(NOON + minutes * MINUTE).compare !== "off");
  };

  it("compare nothing while the canary had all traffic, also in a pause after it", () => {
    expect(compared(false)).to.deep.equal([true, false, false]);
  });

  it("compare at every weight of a canary by pods", () => {
    expect(compared(true)).to.deep.equal([true, true, true]);
  });
});
