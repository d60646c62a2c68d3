import { expect } from "chai";
import type { Write } from "../../../../kube/core/writes.ts";
import { isExposed } from "../../../../rollout/traffic/exposure.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, image, outcome } from "../../../support/shop.ts";

const CANARY = "web-h2";
const shareIn = (world: World) => world.routes().map((route) => shareOf(route, "uid-web"))[0];
const isRecord = (write: Write) => write.verb === "merge" && write.name === CANARY;

/** A healthy version that has held its step for 25 minutes: nobody sends requests, so nothing is proven. */
function holding(): World {
  const world = aShop({ annotations: { "serin.dev/steps": "10:1m" } });
  world.traffic = { canary: 0, stable: 0 };
  world.request("web", image("web:2"));
  world.runTo(10);
  world.tick(25 * 60_000);
  world.control();
  return world;
}

/** The canary's only pod stops being ready for so many ticks. */
function blink(world: World, ticks = 1): void {
  world.sick.set(CANARY, 1);
  world.run(ticks);
  expect(isExposed(shareIn(world)), "the weight is taken").to.equal(false);
  world.sick.delete(CANARY);
}

function expectGoesOn(world: World, when: string): void {
  world.run(12);
  expect(outcome(world, CANARY), when).to.equal("running");
  expect(isExposed(shareIn(world)), `a weight again, ${when}`).to.equal(true);
}

describe("a healthy canary that is unready for a moment, long after its step began", () => {
  it("goes on wherever the controller is killed", () => {
    for (let writes = 1; writes <= 4; writes += 1) {
      const world = holding();
      world.killAfter = world.writes + writes;
      blink(world, 2);
      expectGoesOn(world, `killed after ${writes}`);
    }
  });

  it("goes on although native control changes the ReplicaSet before the loss is noted", () => {
    const world = holding();
    let conflicts = 0;
    world.refuses = (write) => {
      if (isRecord(write) && conflicts === 0) {
        conflicts += 1;
        const set = world.get("replicasets", CANARY);
        world.put("replicasets", { ...set, status: { ...set.status, fullyLabeledReplicas: 1 } as never });
      }
      return false;
    };
    blink(world);
    expect(conflicts).to.equal(1);
    expectGoesOn(world, "after a conflict");
  });

  it("goes on although a policy refuses the record for a while", () => {
    const world = holding();
    world.refuses = isRecord;
    blink(world, 3);
    world.refuses = () => false;
    expectGoesOn(world, "after a refusal");
  });

  it("goes on when an undo that another admission refuses has taken its weight", () => {
    const world = holding();
    world.refuse = true;
    expect(world.request("web", image("web:1"))).to.equal("refused by another webhook");
    blink(world, 14);
    expectGoesOn(world, "after an undo");
  });
});
