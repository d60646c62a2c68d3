import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, image } from "../../../support/shop.ts";

const plan = { "serin.dev/steps": "50:1m", "serin.dev/checks": "none", "serin.dev/compare": "off" };
const sizeOf = (world: World, name: string) =>
  world.list("replicasets").find(({ metadata }) => metadata.name === name)?.spec.replicas ?? 0;

/** web:2 was promoted, and a user has just gone back to web:1 by `kubectl rollout undo`. */
function goingBack(): World {
  const world = aShop({ annotations: plan });
  world.request("web", image("web:2"));
  world.run(100);
  world.request("web", image("web:1"));
  for (let i = 0; i < 10 && sizeOf(world, "web-h1") < 3; i += 1) world.tick();
  expect(sizeOf(world, "web-h2"), "the undo is under way").to.be.above(0);
  return world;
}

describe("a fix that is applied while a user goes back natively", () => {
  it("is compared with the version to which they went back, and that version keeps its pods", () => {
    const world = goingBack();
    world.request("web", image("web:3"));
    const before = sizeOf(world, "web-h1");
    world.check = () => {
      expect(sizeOf(world, "web-h1")).to.be.at.least(before);
      expect(world.get("services", "web").spec.selector?.["pod-template-hash"]).to.not.equal("h2");
    };
    world.run(12);
    expect(holdRecordOf(world.get("deployments", "web"))?.stable).to.equal("h1");
  });
});
