import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { drain } from "../../../../rollout/stages/drain.ts";
import { expose } from "../../../../rollout/stages/expose.ts";
import { recordObserved } from "../../../../rollout/stages/observed-settle.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { type RouteShare, routeRecordOf } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON, aRoute, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { after } from "../judge/criteria.ts";

/** A rollout at 10 % or 25 % whose canary had its first requests after some ticks of 10 s. */
function late(
  step: number,
  stable: number,
  annotations: Record<string, string> = {},
  ticks = 3,
  route = carrying(aRoute(), 10, NOON),
): Snapshot {
  const before = after(ticks - 1, { total: 0 }, { total: stable });
  const judged = after(1, { total: 100 }, { total: 900 }, { from: before });
  const evidence = { judged, gates: {} };
  return { ...aRollout({ run: { step }, now: NOON + 60_000, annotations, routes: [route] }), evidence };
}

function sharesIn(decision: Decision | undefined): readonly RouteShare[] {
  const bodies = (decision?.writes ?? []).flatMap((write) => ("body" in write ? [write.body as Route] : []));
  return bodies.flatMap((route) => Object.values(routeRecordOf(route)?.shares ?? {}));
}

/** The shares that the decision writes into routes. */
function settled(decision: Decision | undefined) {
  return sharesIn(decision).map(({ weight, settleMs }) => ({ weight, settleMs }));
}

describe("how long the gateway took to follow the first weight", () => {
  it("counts from the next change of the weight on, also for the drain", () => {
    expect(settled(expose(late(1, 500)))).to.deep.equal([{ weight: 25, settleMs: 30_000 }]);
    expect(settled(drain(late(1, 500)))).to.deep.equal([{ weight: 0, settleMs: 30_000 }]);
  });

  it("is not known of a gateway that follows within the first tick", () => {
    const judged = after(2, { total: 100 }, { total: 900 });
    const at25 = { ...late(1, 500), evidence: { judged, gates: {} } };
    expect(settled(expose(at25))).to.deep.equal([{ weight: 25, settleMs: undefined }]);
  });

  it("is written once it is known, because admission drains by it if an undo comes in the same step", () => {
    const first = late(0, 500);
    const written = recordObserved(first);
    expect(settled(written)).to.deep.equal([{ weight: 10, settleMs: 30_000 }]);
    expect(sharesIn(written).map(({ since }) => since)).to.deep.equal([AT_NOON]);
    const [route] = first.routes;
    const stored = merged(route as Route, written?.writes[0] as Write);
    expect(settled(recordObserved(late(0, 500, {}, 3, stored)))).to.deep.equal([]);
  });

  it("is worth no write where Serin waits as long anyway", () => {
    const parents = [{ controllerName: "networking.gke.io/gateway" }];
    const slow = carrying(aRoute({ status: { parents } }), 10, NOON);
    expect(recordObserved(late(0, 500, {}, 3, slow))).to.equal(undefined);
  });

  it("does not shorten what the plan says", () => {
    const longer = late(1, 500, { "serin.dev/settle": "50s" });
    expect(settled(expose(longer)).map(({ settleMs }) => settleMs)).to.deep.equal([50_000]);
  });

  it("is not known of a gateway that was down for longer than any gateway takes", () => {
    expect(settled(expose(late(1, 500, {}, 12)))).to.deep.equal([{ weight: 25, settleMs: 120_000 }]);
    expect(settled(expose(late(1, 500, {}, 13)))).to.deep.equal([{ weight: 25, settleMs: undefined }]);
  });

  it("is not known from a few requests, or where users are chosen", () => {
    const few = { weight: 25, settleMs: undefined };
    expect(settled(expose(late(1, 20)))).to.deep.equal([few]);
    const sticky = settled(expose(late(1, 500, { "serin.dev/sticky": "1h" })));
    expect(sticky.map(({ settleMs }) => settleMs)).to.deep.equal([undefined]);
  });
});
