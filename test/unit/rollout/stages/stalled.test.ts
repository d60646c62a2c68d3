import { expect } from "chai";
import { flightOf } from "../../../../rollout/flight/flight.ts";
import { CONDITION } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { holdRecordOf, type Phase } from "../../../../rollout/workload/hold-record.ts";
import type { Outcome } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { AT_NOON, aDeployment, aHeld } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, edit, ending, image } from "../../../support/shop.ts";

const pause = (world: World, paused: boolean) => world.request("web", edit({ paused }));
const order = (world: World, verb: string) => world.request("web", annotate(`serin.dev/${verb}`, "1"));
const RESUME = "kubectl rollout resume deployment/web continues";

/** The sentence of the condition that was decided last. */
const said = (world: World) => world.decided?.condition?.message;

function runToPhase(world: World, phase: Phase): void {
  const isThere = () => holdRecordOf(world.get("deployments", "web"))?.phase === phase;
  for (let i = 0; i < 40 && !isThere(); i += 1) world.run(1);
  expect(isThere(), phase).to.equal(true);
}

function onItsWay(replicas: number): World {
  const world = aShop({ replicas, annotations: { "serin.dev/steps": "30:2h" } });
  world.request("web", image("web:2"));
  world.runTo(30);
  return world;
}

describe("a rollout that stands still because its Deployment is paused", () => {
  it("names the resume while the canary lacks pods for its step, for as long as the pause lasts", () => {
    const world = onItsWay(10);
    order(world, "abort");
    world.run(10);
    pause(world, true);
    order(world, "retry");
    world.run(400);
    expect(said(world)).to.equal(
      `paused with 1 of 3 canary pods: ${RESUME}, kubectl annotate deployment/web serin.dev/abort=1 goes back`,
    );
    pause(world, false);
    world.runTo(30);
    expect(ending(world).pods).to.deep.equal({ "web-h1": 10, "web-h2": 3 });
  });

  it("names the resume in a native promotion, also to metrics, and ends after it", () => {
    const world = onItsWay(5);
    order(world, "promote");
    runToPhase(world, "promoting");
    pause(world, true);
    world.run(100);
    expect(said(world)).to.match(new RegExp(`\\. Now the Deployment is paused: ${RESUME}$`));
    const snapshot = world.observe("web");
    expect(snapshot && flightOf(snapshot, world.decided?.condition)).to.include({
      phase: "promoting",
      waiting: "person",
    });
    pause(world, false);
    world.run();
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
  });

  it("names the resume on the way back to a stable version that is not whole", () => {
    const world = onItsWay(5);
    order(world, "promote");
    runToPhase(world, "promoting");
    world.tick();
    world.tick();
    world.request("web", image("web:1"));
    pause(world, true);
    world.run(20);
    expect(said(world)).to.match(
      new RegExp(`^going back to stable h1: the Deployment is paused: ${RESUME}; `),
    );
    pause(world, false);
    world.run();
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 5 } });
  });
});

describe("the way back to the stable version", () => {
  const told = "rolled back at 10%: why";
  const saidAfter = (message: string, failure = told, outcome: Outcome = "failed") => {
    const at = { status: "False" as const, lastUpdateTime: AT_NOON };
    const status = {
      conditions: [
        { ...at, type: "Progressing", reason: "ProgressDeadlineExceeded", message },
        { ...at, type: CONDITION, reason: "RolledBack", message: told },
      ],
    };
    const rollout = aRollout({
      run: { outcome, message: failure },
      held: aHeld({ phase: "undone" }),
      routes: [],
      services: [],
    });
    return decide({ ...rollout, deployment: { ...aDeployment(), status } }).condition?.message;
  };

  it("says that native control makes no progress, and nothing while only the failure is told", () => {
    expect(saidAfter('ReplicaSet "web-web1" has timed out progressing.')).to.match(
      /^going back to stable web1: the rolling update makes no progress.*; another template replaces it$/,
    );
    expect(saidAfter(told)).to.equal(undefined);
    // The API server has refused the record of the failure.
    expect(saidAfter(told, "10% of the traffic", "running")).to.equal(undefined);
    // The API server stores no half of a character.
    expect(saidAfter("why \ufffd", "why \ud83d")).to.equal(undefined);
  });
});
