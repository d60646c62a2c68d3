import { expect } from "chai";
import { advance } from "../../../../rollout/stages/advance.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import type { Exposure } from "../../../../rollout/traffic/exposure.ts";
import { AT_NOON, aRoute, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { applied } from "../../../support/routes.ts";
import { after, MINUTE, recorded } from "../judge/decided.ts";

describe("going on in other strategies than by chance", () => {
  const tester = [{ headers: [{ name: "x-t", value: "1" }] }];
  const sticky = { cookie: "serin-web", id: "r7", seconds: 60 };
  const exposed = (
    annotations: Record<string, string>,
    exposure: Partial<Exposure>,
    minutes = 0,
    step = 0,
  ) => {
    const share = {
      namespace: "shop",
      canaryServices: { web: "web-canary" },
      weight: 0,
      since: AT_NOON,
      ...exposure,
    };
    const routes = [applied(aRoute(), { "uid-web": share })];
    return aRollout({ annotations, routes, now: NOON + minutes * MINUTE, run: { step } });
  };
  const switching = { "serin.dev/rollout": "blue-green", "serin.dev/mirror": "100%" };
  const testing = { "serin.dev/rollout": "ab-test", "serin.dev/match": "header x-t=1" };

  it("compares copies, and users only where chance drew them", () => {
    const compared = (snapshot: Snapshot) => snapshot.judgeInput?.terms.compare !== "off";
    expect(compared(exposed({ "serin.dev/mirror": "100%" }, { mirror: 100 }))).to.equal(true);
    expect(compared(exposed(switching, { mirror: 100 }))).to.equal(true);
    expect(compared(exposed(switching, { weight: 100 }, 0, 1))).to.equal(false);
    expect(compared(exposed(testing, { match: tester }))).to.equal(false);
    expect(compared(exposed({ "serin.dev/sticky": "1h" }, { weight: 10, sticky }))).to.equal(true);
  });

  it("judges nothing by the testers of a canary alone, and a step by them and the weight together", () => {
    const plan = { "serin.dev/match": "header x-t=1", "serin.dev/steps": "pause, 10" };
    expect(exposed(plan, { match: tester }).judgeInput).to.equal(undefined);
    expect(exposed(plan, { match: tester, weight: 10 }, 0, 1).judgeInput?.terms.stepFrom).to.equal(NOON);
  });

  it("does not expect requests of those who were not drawn", () => {
    const unused = { canary: { total: 0 }, stable: { total: 900 } };
    for (const [annotations, exposure] of [
      [testing, { match: tester }],
      [{ "serin.dev/sticky": "1h" }, { weight: 10, sticky }],
    ] as const) {
      const snapshot = exposed(annotations, exposure, 600);
      const judged = after(600, snapshot, unused.canary, unused.stable);
      expect(recorded(advance({ ...snapshot, evidence: { judged, gates: {} } }))?.outcome).not.to.equal(
        "failed",
      );
    }
  });

  it("counts copies as requests: without any there is no route", () => {
    const snapshot = exposed(switching, { mirror: 100 }, 10);
    const judged = after(10, snapshot, { total: 0 }, { total: 900 });
    const run = recorded(advance({ ...snapshot, evidence: { judged, gates: {} } }));
    expect(run?.message).to.match(
      /^rolled back at copies of 100% after 10m: the canary receives no requests/,
    );
  });

  it("says what has been granted, and what comes", () => {
    const snapshot = exposed(switching, { mirror: 100 }, 1);
    const evidence = { judged: after(1, snapshot, { total: 900 }, { total: 900 }), gates: {} };
    expect(recorded(advance({ ...snapshot, evidence }))?.message).to.match(
      /^step 2 of 2 after copies of 100%: verified/,
    );
    const early = { ...snapshot, now: NOON + MINUTE / 2 };
    expect(advance({ ...early, evidence }).condition?.message).to.match(
      /^canary has copies of 100% of the traffic, step 1 of 2: /,
    );
  });
});
