import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import { expose } from "../../../../rollout/stages/expose.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { aHeld, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { recordIn } from "./routed.ts";

/** What Traefik may need to follow, in ms. */
const SETTLE_MS = 2_500;

const refusedBy = (route: Route): Route => {
  const condition = { type: "Accepted", status: "False", reason: "Refused", message: "no such listener" };
  const parents = (route.status?.parents ?? []).map((parent) => ({ ...parent, conditions: [condition] }));
  return { ...route, status: { ...route.status, parents } } as Route;
};

describe("the canary Services in the routes", () => {
  it("get nothing before the proxies know them", () => {
    const attached = aRollout({ weight: 0 });
    const early = expose({ ...attached, now: NOON + 100 });
    expect(early).to.deep.equal({ writes: [], waitMs: SETTLE_MS - 100 });
    const settled = expose({ ...attached, now: NOON + SETTLE_MS });
    expect(JSON.stringify(settled?.writes)).to.contain('"weight":9').and.to.contain("web-canary");
  });

  it("wait for the gateway's counters, once the gateway has accepted the route", () => {
    const counting = { kind: "uncounted", reason: "Prometheus has no request counter of Traefik" } as const;
    const attached = { ...aRollout({ weight: 0 }), counting, now: NOON + SETTLE_MS };
    expect(expose(attached)?.condition?.message).to.match(/^the first weight waits for counters: /);
    const [route] = attached.routes;
    const refused = route && refusedBy(route);
    const blind = aRollout({ weight: 0, routes: refused ? [refused] : [], now: NOON + SETTLE_MS });
    expect(expose({ ...blind, counting })?.condition?.message).to.contain("no such listener");
  });

  it("have the whole deadline, however short, for an edit of the route that the gateway has not seen yet", () => {
    const [route] = aRollout().routes;
    const edited = route && { ...route, metadata: { ...route.metadata, generation: 2 } };
    const held = aHeld({ originals: { ...aHeld().originals, progressDeadlineSeconds: 20 } });
    const unseen = (seconds: number, run: Partial<RunRecord> = {}) =>
      expose(aRollout({ held, run, now: NOON + seconds * 1_000, routes: edited ? [edited] : [] }));
    const noticed = recordIn(unseen(30)?.writes ?? []);
    expect(noticed).to.include({ outcome: "running", unroutedSince: instant(NOON + 30_000) });
    const late = recordIn(unseen(51, { unroutedSince: instant(NOON + 30_000) })?.writes ?? []);
    expect(late?.message).to.match(/^rolled back .* has not yet seen generation 2 of route .*, for 20s/);
  });

  it("are in force when the proxies had time to follow the weight", () => {
    const raised = aRollout();
    expect(expose({ ...raised, now: NOON + 100 })).to.deep.equal({ writes: [], waitMs: SETTLE_MS - 100 });
    expect(expose({ ...raised, now: NOON + SETTLE_MS })).to.equal(undefined);
  });
});
