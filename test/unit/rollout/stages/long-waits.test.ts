import { expect } from "chai";
import type { World } from "../../../model/world.ts";
import { aShop, edit, image } from "../../../support/shop.ts";

const plan = { "serin.dev/steps": "10:1h, 50:1h", "serin.dev/checks": "none", "serin.dev/compare": "off" };
/** 20 minutes, twice the deadline, in the ticks of the model. */
const LONG = 240;
const scale = (world: World, replicas: number) =>
  world.put("deployments", edit({ replicas })(world.get("deployments", "web")));
const goesOn = (world: World) => {
  world.run(40);
  expect(world.story).to.include("web 9:1").and.not.include("RolledBack");
};

describe("the deadline for the first weight, after a wait that does not count for it", () => {
  it("is whole after the user's own pause, although native control has not seen its end yet", () => {
    const world = aShop({ annotations: plan });
    world.request("web", edit({ paused: true }));
    world.request("web", image("web:2"));
    world.run(LONG);
    world.request("web", ({ spec: { paused: _paused, ...spec }, ...rest }) => ({ ...rest, spec }));
    world.control();
    goesOn(world);
  });

  it("is whole for a version that has superseded another one while Serin was away, without a route", () => {
    const world = aShop({ routed: false, annotations: plan });
    world.request("web", image("web:2"));
    world.run(20);
    world.request("web", image("web:3"));
    for (let i = 0; i < LONG; i += 1) world.tick();
    world.story.length = 0;
    world.run(30);
    expect(world.story).to.include("CanaryStarted").and.not.include("RolledBack");
  });

  it("is whole after a pause of the plan, which costs no write while it lasts", () => {
    const world = aShop({ annotations: { ...plan, "serin.dev/steps": "pause, 10:1h, 50:1h" } });
    world.request("web", image("web:2"));
    world.run(12);
    const versions = () => world.list("replicasets").map(({ metadata }) => metadata.resourceVersion);
    const before = versions();
    world.run(LONG);
    expect(versions()).to.deep.equal(before);
    world.request("web", ({ spec: { paused: _paused, ...spec }, ...rest }) => ({ ...rest, spec }));
    goesOn(world);
  });

  it("is whole after a scale to zero before the first weight", () => {
    const world = aShop({ annotations: plan });
    world.request("web", image("web:2"));
    world.control();
    world.tick();
    world.control();
    scale(world, 0);
    world.run(LONG);
    scale(world, 5);
    goesOn(world);
  });

  it("is whole after a scale to zero in the first step, as by an autoscaler at night", () => {
    const world = aShop({ annotations: plan });
    world.request("web", image("web:2"));
    world.runTo(10);
    scale(world, 0);
    world.run(LONG);
    world.story.length = 0;
    scale(world, 5);
    goesOn(world);
  });
});
