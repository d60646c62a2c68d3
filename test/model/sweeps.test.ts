import { expect } from "chai";
import { image } from "../support/shop.ts";
import { ModelWorld } from "./model-world.ts";

/** A canary in flight, whose Services are isolated. */
function inFlight(): ModelWorld {
  const world = new ModelWorld({ rollout: "canary", compare: "off", steps: "50, pause" });
  world.request("web", image("web:2"));
  world.pass(2, 5_000);
  expect(isolatedTo(world)).to.equal("h1");
  world.disturb();
  world.orphan("deployments", "web");
  return world;
}

const isolatedTo = (world: ModelWorld) => world.get("services", "web").spec.selector?.["pod-template-hash"];

describe("the sweeps in the model", () => {
  it("restore a Service at once whose rollout the controller saw end", () => {
    const world = inFlight();
    world.pass(3, 5_000);
    expect(isolatedTo(world)).to.equal(undefined);
  });

  it("wait for the Deployment after a restart of the controller", () => {
    const world = inFlight();
    world.restart();
    world.pass(3, 5_000);
    expect(isolatedTo(world)).to.equal("h1");
    world.pass(8, 5_000);
    expect(isolatedTo(world)).to.equal(undefined);
  });
});
