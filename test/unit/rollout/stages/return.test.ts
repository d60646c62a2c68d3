import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { expose } from "../../../../rollout/stages/expose.ts";
import { awaitReady } from "../../../../rollout/stages/prepare.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import type { World } from "../../../model/world.ts";
import { AT_NOON, aHeld, aReplicaSet, aService, aSnapshot, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { aShop, expectRest, image, outcome } from "../../../support/shop.ts";

const MINUTE = 60_000;
const plan = { "serin.dev/steps": "50:3m", "serin.dev/checks": "none", "serin.dev/compare": "off" };

function atHalf(): World {
  const world = aShop({ annotations: plan });
  world.request("web", image("web:2"));
  world.runTo(50);
  // A user wanted a route without its Service, or none at all.
  world.check = () => {};
  return world;
}

/** `kubectl delete`; returns the object as its owner had made it. */
function remove(world: World, kind: "services" | "httproutes") {
  const { metadata, spec } = world.get(kind, "web");
  const { uid, resourceVersion } = metadata;
  world.perform({ verb: "delete", kind, namespace: "shop", name: "web", uid, resourceVersion });
  return { metadata, spec };
}

const said = (world: World) => world.decided?.condition?.message;
const weight = (world: World) => shareOf(world.get("httproutes", "web"), "uid-web")?.weight;
const isIsolated = (world: World) =>
  "pod-template-hash" in (world.get("services", "web").spec.selector ?? {});

describe("what was deleted in flight", () => {
  it("a Service: the canary waits without weight, and goes on when it is back, wide as it comes", () => {
    const world = atHalf();
    const { metadata } = remove(world, "services");
    world.run(30);
    expect(weight(world)).to.equal(0);
    expect(said(world)).to.equal(
      "no Service selects these pods any more; kubectl annotate deployment/web serin.dev/promote=1 (or abort) decides",
    );
    world.put("services", aService({ meta: { ...metadata, labels: {}, annotations: { owner: "web" } } }));
    world.reconcile("web");
    expect(isIsolated(world)).to.equal(true);
    world.runTo(50);
    world.run();
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("a route: the Services stay isolated, and the canary goes on when it is back", () => {
    const world = atHalf();
    const { metadata } = remove(world, "httproutes");
    world.run(60);
    expect(isIsolated(world)).to.equal(true);
    expect(said(world)).to.equal(
      "no route names Service web any more; kubectl annotate deployment/web serin.dev/promote=1 (or abort) decides",
    );
    const { resourceVersion: _version, ...meta } = metadata;
    world.put("httproutes", {
      metadata: { ...meta, labels: {}, annotations: {} },
      spec: { rules: [{ backendRefs: [{ name: "web", port: 80 }] }] },
    });
    world.runTo(50);
    world.run();
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("for longer than progressDeadlineSeconds is the end, with what is missing", () => {
    const world = atHalf();
    remove(world, "httproutes");
    world.run(130);
    expect(outcome(world, "web-h2")).to.equal("failed");
    const { status } = world.get("deployments", "web");
    const told = conditionOf(status?.conditions, "Canary")?.message;
    expect(told).to.include("no route names Service web any more, for 600s");
  });
});

describe("a Service that is the rollout's no more", () => {
  const left = merged(aService(), writeIsolation(aService(), "uid-web", "web1", AT_NOON));
  const widening = (write: Write | undefined) => write && merged(left, write).spec.selector;

  it("is given back at once, before the version goes that it selects", () => {
    const [first] = decide(aSnapshot({ held: aHeld({ phase: "promoting" }), formerServices: [left] })).writes;
    expect(widening(first)).to.deep.equal({ app: "web" });
  });

  it("is given back at once, but keeps no verdict waiting: its owner may refuse that", () => {
    for (const phase of ["canary", "failed", "undone"] as const) {
      const last = decide(aSnapshot({ held: aHeld({ phase }), formerServices: [left] })).writes.at(-1);
      expect(widening(last), phase).to.deep.equal({ app: "web" });
    }
  });
});

describe("ready canary pods without endpoints, in a step with traffic", () => {
  const waiting = (minutes: number, unroutedSince?: number) => {
    const at = (instant: number) => new Date(NOON + instant * MINUTE).toISOString();
    const noted = unroutedSince === undefined ? {} : { unroutedSince: at(unroutedSince) };
    const base = aRollout({ now: NOON + minutes * MINUTE, run: { step: 1, ...noted } });
    const canary = { ...(base.canary ?? aReplicaSet()), status: { replicas: 2, readyReplicas: 2 } };
    return awaitReady({ ...base, canary, endpoints: new Map([["web-canary", 1]]) });
  };

  it("get a moment at the beginning of a step without a note", () => {
    expect(waiting(0.9)?.writes).to.deep.equal([]);
    expect(waiting(0.9)?.condition?.message).to.equal("waiting for ready canary pods, 1 of 2 so far");
  });

  it("are noted after it, and end the rollout at the deadline", () => {
    expect(JSON.stringify(waiting(30)?.writes))
      .to.include("unroutedSince")
      .and.not.include("failed");
    expect(waiting(39, 30)?.writes).to.deep.equal([]);
    expect(JSON.stringify(waiting(41, 30)?.writes)).to.include(
      "waiting for ready canary pods, 1 of 2 so far, for 600s",
    );
  });
});

describe("a gateway that has something against the route", () => {
  const late = { now: NOON + 30 * MINUTE, since: NOON + MINUTE, run: { step: 1 } };
  const unseen = (now: number, unroutedSince?: number) => {
    const at = unroutedSince === undefined ? {} : { unroutedSince: new Date(unroutedSince).toISOString() };
    const snapshot = aRollout({ ...late, now, run: { ...late.run, ...at } });
    const routes = snapshot.routes.map((route) => ({
      ...route,
      metadata: { ...route.metadata, generation: 9 },
    }));
    return expose(aSnapshot({ ...snapshot, routes }));
  };

  it("long after the weight was in force has its time anew: an edit late in a step is no failure", () => {
    const decision = unseen(late.now);
    expect(decision?.writes).to.have.length(1);
    expect(JSON.stringify(decision?.writes)).to.include("unroutedSince").and.not.include("failed");
    expect(unseen(late.now + 9 * MINUTE, late.now)?.writes).to.deep.equal([]);
  });

  it("for longer than progressDeadlineSeconds ends the rollout", () => {
    const told = JSON.stringify(unseen(late.now + 11 * MINUTE, late.now)?.writes);
    expect(told).to.include("has not yet seen generation 9 of route shop/web, for 600s");
  });

  it("and no more, is forgotten", () => {
    const run = { ...late.run, unroutedSince: new Date(late.now).toISOString() };
    const decision = expose(aRollout({ ...late, now: late.now + MINUTE, run }));
    expect(decision?.writes).to.have.length(1);
    expect(JSON.stringify(decision?.writes)).not.to.include("unroutedSince");
  });
});
