import { expect } from "chai";
import { FLIGHT } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import {
  awaitUndo,
  detachRoutes,
  isolateStable,
  restoreRoutes,
  settledAt,
} from "../../../../rollout/stages/drain.ts";
import { correctFuture } from "../../../../rollout/stages/future.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { type RouteShare, shareOf } from "../../../../rollout/traffic/route-record.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import type { HoldRecord } from "../../../../rollout/workload/hold-record.ts";
import type { Outcome, RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aDeployment, aHeld, aRoute, aService, aSnapshot, NOON } from "../../../support/builders.ts";
import { merge, merged } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { applied } from "../../../support/routes.ts";

const at = (seconds: number) => new Date(NOON + seconds * 1_000).toISOString();

describe("routes that were drained for an undo", () => {
  const snapshot = (since: string, undo?: RouteShare["undo"]) => {
    const share = {
      namespace: "shop",
      canaryServices: { web: "web-canary" },
      weight: 0,
      since,
      drained: true,
      ...(undo && { undo }),
    } as const;
    const route = applied(aRoute({ backends: [{ name: "web" }] }), { "uid-web": share });
    return aSnapshot({ held: aHeld({ started: at(0) }), now: NOON + 10_000, routes: [route] });
  };
  const mine = (seconds: number) => ({ rollout: at(0), at: at(seconds) });

  it("hold back the rollout that is about to be undone, for a while", () => {
    for (const marked of [snapshot(at(5)), snapshot(at(5), mine(5))]) {
      expect(awaitUndo(marked)?.waitMs).to.be.above(0);
      expect(awaitUndo({ ...marked, now: NOON + 300_000 })).to.equal(undefined);
    }
  });

  it("hold it back from when they were marked, however long they have had no weight", () => {
    const late = { ...snapshot(at(5), mine(295)), now: NOON + 300_000 };
    expect(awaitUndo(late)?.waitMs).to.equal(55_000);
  });

  it("hold it back although the clock of the webhook that began it is ahead", () => {
    expect(awaitUndo(snapshot(at(-100), mine(-100)))?.waitMs).to.equal(undefined);
    expect(awaitUndo(snapshot(at(-20), mine(-20)))?.waitMs).to.be.above(0);
  });

  it("hold it back no longer because of an instant that is far ahead", () => {
    const forged = snapshot(at(5), mine(1_000_000));
    const [write] = correctFuture(forged)?.writes ?? [];
    const [route] = forged.routes;
    const corrected = write && route && shareOf(merged(route, write), "uid-web");
    expect(corrected?.undo).to.deep.equal(mine(10));
  });

  it("take the traffic of the others along: their own drain may have been refused", () => {
    const drainedOne = snapshot(at(5));
    const front = carrying(aRoute({ meta: { name: "front" } }), 50, NOON);
    const decision = awaitUndo(
      aSnapshot({ ...drainedOne, routes: [...drainedOne.routes, front], services: [] }),
    );
    const weights = decision?.writes.map((write) => shareOf(merged(front, write), "uid-web")?.weight);
    expect(weights).to.deep.equal([0]);
    expect(decision?.waitMs).to.be.above(0);
  });

  it("do not hold back the one that began afterwards", () => {
    expect(awaitUndo(snapshot(at(-5)))).to.equal(undefined);
    expect(awaitUndo(snapshot(at(5), { rollout: at(-60), at: at(5) }))).to.equal(undefined);
  });
});

describe("Services in flight", () => {
  it("are isolated again if they are isolated for a rollout that is over, because Serin would restore them", () => {
    const of = (uid: string) =>
      merge(aService(), isolationPatch(aService(), uid, "web1", at(0))) as ReturnType<typeof aService>;
    const writes = (service: ReturnType<typeof aService>) =>
      isolateStable(aSnapshot({ held: aHeld(), services: [service] }))?.writes;
    expect(writes(of("uid-web"))).to.equal(undefined);
    const [write] = writes(of("uid-deleted")) ?? [];
    expect(write)
      .to.have.nested.property("body.metadata.labels")
      .that.deep.equals({ [FLIGHT]: "uid-web" });
  });

  const share = (drained: object = {}) => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 0, since: AT_NOON };
    return applied(aRoute({ backends: [{ name: "web" }] }), { "uid-web": { ...share, ...drained } });
  };
  const dropped = { type: "Accepted", status: "False", observedGeneration: 1 } as const;
  const parent = { controllerName: "example.com/gateway", conditions: [dropped] };
  const waits: [string, Parameters<typeof aRollout>[0]][] = [
    ["an undo", { routes: [share({ drained: true })] }],
    ["a template's ReplicaSet", { routes: [share()], deployment: aDeployment({ image: "web:3" }) }],
    [
      "a gateway that may still read the canary Service",
      { routes: [{ ...share(), status: { parents: [parent] } }] },
    ],
  ];
  for (const [what, parts] of waits)
    it(`are isolated while the rollout waits for ${what}`, () => {
      const { writes } = decide(aRollout({ now: NOON, held: aHeld(), ...parts }));
      expect(writes).to.deep.equal([writeIsolation(aService(), "uid-web", "web1", AT_NOON)]);
    });

  const ended: [string, Partial<HoldRecord>, Outcome][] = [
    ["a failure", { phase: "failed" }, "failed"],
    ["an undo", { phase: "undone" }, "running"],
    ["a newer version", { latched: true }, "running"],
  ];
  for (const [what, held, outcome] of ended)
    it(`are isolated at once after ${what}, before the gateway has followed the drain`, () => {
      const { replicaSets } = aRollout();
      const ready = replicaSets.map((set) => ({ ...set, status: { replicas: 1, readyReplicas: 1 } }));
      const drained = { weight: 0, since: NOON, now: NOON, run: { outcome }, replicaSets: ready };
      const { writes } = decide(aRollout({ ...drained, run: { outcome }, held: aHeld(held) }));
      expect(settledAt(aRollout(drained))).to.be.above(NOON);
      const bodies = writes.map((write) => "body" in write && write.body);
      const isolation = writeIsolation(aService(), "uid-web", "web1", AT_NOON);
      expect(bodies).to.deep.include("body" in isolation && isolation.body);
    });
});

describe("the canary Service after its routes are restored", () => {
  /** A webhook's clock that is 20 minutes ahead. */
  const ahead = at(20 * 60);
  const snapshot = (held: Partial<HoldRecord>, now = NOON + 29_000) => {
    const { started = at(0) } = held;
    return aRollout({
      annotations: { "serin.dev/settle": "30s" },
      routes: [aRoute()],
      canaryServices: [{ metadata: { name: "web-canary", namespace: "shop" }, spec: {} }],
      held: aHeld({ phase: "failed", ...held, started }),
      run: { started, outcome: "failed", detached: at(0) },
      now,
    });
  };

  it("goes when its gateway has followed, however far ahead the webhook's clock began the rollout", () => {
    expect(restoreRoutes(snapshot({ started: ahead }))).to.deep.equal({ writes: [], waitMs: 1_000 });
    expect(restoreRoutes(snapshot({ started: ahead }, NOON + 31_000))).to.equal(undefined);
  });

  it("stays longer if a leader with a clock that was behind has restored the routes", () => {
    const next = { ...snapshot({}, NOON + 31_000), ledSince: NOON + 9_000 };
    expect(restoreRoutes(next)).to.deep.equal({ writes: [], waitMs: 8_000 });
  });

  it("stays while Serin has not read all routes with a share, and so does all that comes after", () => {
    const settled = { ...snapshot({}, NOON + 31_000), lacksShares: true } as const;
    expect(restoreRoutes(settled)).to.deep.equal({ writes: [], waitMs: 1_000 });
    expect(detachRoutes(settled)).to.deep.equal({ writes: [], waitMs: 1_000 });
  });

  it("waits from the start of a rollout without a record of its run, unless that start is still to come", () => {
    const begun = { ...snapshot({ phase: "undone" }), run: undefined };
    expect(restoreRoutes(begun)).to.deep.equal({ writes: [], waitMs: 1_000 });
    const held = { ...begun.held, started: ahead };
    expect(restoreRoutes({ ...begun, held })).to.equal(undefined);
  });

  it("waits from now if the instant on the Deployment is further ahead than clocks differ", () => {
    const promoting = snapshot({ phase: "promoting", detached: ahead });
    const { detached: _detached, ...run } = promoting.run as RunRecord;
    const [write] = restoreRoutes({ ...promoting, run })?.writes ?? [];
    expect(write).to.have.property("kind", "replicasets");
    expect(JSON.stringify(write)).to.include(`detached\\":\\"${at(29)}`);
  });
});
