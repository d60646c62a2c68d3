import { expect } from "chai";
import type { DeploymentSpec } from "../../../../kube/core/workloads.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, edit, ending, image } from "../../../support/shop.ts";

const pods = (world: World) => ending(world).pods;
const update = (world: World, spec: Partial<DeploymentSpec>) => world.request("web", edit(spec));
const plan = (world: World, steps: string) => world.request("web", annotate("serin.dev/steps", steps));

/** Half of the traffic and 3 canary pods next to 5 stable ones; throws as soon as a stable pod is removed. */
function halfway(): World {
  const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
  world.request("web", image("web:2"));
  world.runTo(50);
  // What the routes give is another matter: a plan that grants less is in force a little later.
  world.check = () => expect(world.get("replicasets", "web-h1").spec.replicas).to.equal(5);
  return world;
}

/** The controller dies when it has lowered the surge: the canary's pods are still there. */
function untilLowered(world: World): void {
  plan(world, "20:2h");
  world.killAfter = world.writes + 2;
  world.control();
  expect(world.get("deployments", "web").spec.strategy?.rollingUpdate?.maxSurge).to.equal("20%");
  expect(world.get("replicasets", "web-h2").spec.replicas).to.equal(3);
}

describe("a rollout whose Deployment a user has paused", () => {
  it("takes no stable pod for a plan with a smaller canary, which shrinks when it is resumed", () => {
    const world = halfway();
    update(world, { paused: true });
    world.run(3);
    plan(world, "20:2h");
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 3 });
    update(world, { paused: false });
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
  });

  it("takes none either when it is paused while the canary is about to shrink", () => {
    const world = halfway();
    untilLowered(world);
    update(world, { paused: true });
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 3 });
    update(world, { paused: false });
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
  });

  it("takes none for another version that comes while the canary is about to shrink", () => {
    const world = halfway();
    untilLowered(world);
    world.request("web", image("web:3"));
    world.run(10);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h3": 1 });
  });

  it("gives no pod to the stable version for a plan with a larger canary, which grows when it is resumed", () => {
    const world = halfway();
    update(world, { paused: true });
    plan(world, "80:2h");
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 3 });
    update(world, { paused: false });
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 4 });
  });

  for (const order of ["before", "after"] as const) {
    it(`takes none if it is paused right ${order} a version begins beside pods of one that was undone`, () => {
      const world = halfway();
      const pause = () => update(world, { paused: true });
      world.request("web", image("web:1"));
      plan(world, "10:2h");
      if (order === "before") pause();
      world.request("web", image("web:3"));
      if (order === "after") pause();
      world.tick();
      expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 3 });
      world.run(3);
      update(world, { paused: false });
      world.run(10);
      expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h3": 1 });
    });
  }

  it("takes the weight from a canary without a ready pod that is promoted, and keeps it until the resume", () => {
    const world = halfway();
    update(world, { paused: true });
    world.sick.set("web-h2", Number.POSITIVE_INFINITY);
    world.tick();
    world.request("web", annotate("serin.dev/promote", "1"));
    world.control();
    const weights = () => world.story.filter((told) => told.startsWith("web "));
    const taken = weights();
    expect(taken.at(-1)).to.equal("web 1:0");
    world.sick.clear();
    world.run(3);
    expect(weights(), "no further weight").to.deep.equal(taken);
    world.check = () => {};
    update(world, { paused: false });
    world.run(20);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
  });

  it("keeps both versions' sizes through a failure, until it is resumed", () => {
    const world = halfway();
    update(world, { paused: true });
    world.run(1);
    world.request("web", annotate("serin.dev/abort", "1"));
    for (let writes = 1; writes < 12; writes += 1) {
      world.killAfter = world.writes + 1;
      world.run(1);
    }
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 3 });
    update(world, { paused: false });
    world.run(3);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
    world.request("web", image("web:1"));
    world.run(5);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 5 } });
  });

  it("names the resume before the undo where it stays paused after a failure, because kubectl refuses the undo", () => {
    const world = halfway();
    const heard: string[] = [];
    world.hear = (place, sentence) => place === "event" && heard.push(sentence);
    update(world, { paused: true });
    world.request("web", annotate("serin.dev/abort", "1"));
    world.run(3);
    expect(heard.at(-1)).to.match(
      /kept; kubectl rollout resume deployment\/web && kubectl rollout undo deployment\/web.* goes back/,
    );
  });

  it("ends a pause of the plan with a version that fails in it, whose size was one pod anyway", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "10, pause", "serin.dev/size": "1" } });
    world.request("web", image("web:2"));
    for (let i = 0; i < 100 && !world.get("deployments", "web").spec.paused; i += 1) world.run(1);
    const heard: string[] = [];
    world.hear = (place, sentence) => place === "event" && heard.push(sentence);
    world.request("web", annotate("serin.dev/abort", "1"));
    world.run(5);
    expect(world.get("deployments", "web").spec).not.to.have.property("paused");
    expect(heard.at(-1)).to.include("kept; kubectl rollout undo deployment/web ");
  });
});
