import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, expectRest, image } from "../../../support/shop.ts";

const plan = { "serin.dev/steps": "20:1m", "serin.dev/checks": "none", "serin.dev/compare": "off" };
const setOf = (world: World, name: string) =>
  world.list("replicasets").find(({ metadata }) => metadata.name === name);
const ready = (world: World, name: string) => setOf(world, name)?.status?.readyReplicas ?? 0;

/** web:2 is proven, but of its pods only the judged one gets ready: its native promotion is stuck beside three pods of web:1. */
function stuck(): World {
  const world = aShop({ annotations: plan });
  const keepSick = () => {
    const replicas = setOf(world, "web-h2")?.spec.replicas ?? 0;
    world.sick.set("web-h2", Math.max(0, replicas - 1));
  };
  world.request("web", image("web:2"));
  const isPromoting = () => holdRecordOf(world.get("deployments", "web"))?.phase === "promoting";
  for (let i = 0; i < 100 && !isPromoting(); i += 1) {
    if (ready(world, "web-h2") >= 1) world.sick.set("web-h2", 0);
    world.run(1);
  }
  world.check = keepSick;
  world.run(30);
  expect([ready(world, "web-h1"), ready(world, "web-h2")]).to.deep.equal([3, 1]);
  return world;
}

describe("a fix that is applied while a promotion is stuck", () => {
  it("starts natively at the deadline, and the pods that serve stay until its own are ready", () => {
    const world = stuck();
    const { check } = world;
    world.request("web", image("web:3"));
    world.check = () => {
      check();
      expect(ready(world, "web-h1") + ready(world, "web-h3")).to.be.at.least(3);
    };
    world.run(200);
    expectRest(world, "web:3", { "web-h3": 5 });
  });
});
