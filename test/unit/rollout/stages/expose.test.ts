import { expect } from "chai";
import { expose } from "../../../../rollout/stages/expose.ts";
import { NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

/** What Traefik may need to follow, in ms. */
const SETTLE_MS = 2_500;

describe("the canary Services in the routes", () => {
  it("get nothing before the proxies know them", () => {
    const attached = aRollout({ weight: 0 });
    const early = expose({ ...attached, now: NOON + 100 });
    expect(early).to.deep.equal({ writes: [], waitMs: SETTLE_MS - 100 });
    const settled = expose({ ...attached, now: NOON + SETTLE_MS });
    expect(JSON.stringify(settled?.writes)).to.contain('"weight":9').and.to.contain("web-canary");
  });

  it("are in force when the proxies had time to follow the weight", () => {
    const raised = aRollout();
    expect(expose({ ...raised, now: NOON + 100 })).to.deep.equal({ writes: [], waitMs: SETTLE_MS - 100 });
    expect(expose({ ...raised, now: NOON + SETTLE_MS })).to.equal(undefined);
  });
});
