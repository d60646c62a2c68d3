import { expect } from "chai";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, edit, expectRest, image } from "../../../support/shop.ts";

const sizeOf = (world: World, set: string) => world.get("replicasets", set).spec.replicas ?? 0;

/** The sizes of stable version and canary, one after the other, if a user scales the Deployment in a step of this weight. */
function sizesAfter(weight: number, from: number, ...scales: readonly number[]): readonly string[] {
  const plan = { "serin.dev/steps": `${weight}:3h`, "serin.dev/checks": "none", "serin.dev/compare": "off" };
  const world = aShop({ annotations: plan, replicas: from });
  world.request("web", image("web:2"));
  world.runTo(weight);
  world.run(3);
  const sizes: string[] = [];
  world.check = () => {
    const now = `${sizeOf(world, "web-h1")}+${sizeOf(world, "web-h2")}`;
    if (now !== sizes.at(-1)) sizes.push(now);
  };
  for (const replicas of scales) {
    world.put("deployments", edit({ replicas })(world.get("deployments", "web")));
    world.check();
    world.run(12);
  }
  return sizes;
}

/** The second sizes are native control's: it scales both versions in proportion, and rounds. */
const cases: readonly [number, number, readonly number[], string][] = [
  [10, 5, [10], "5+1 9+2 10+2 10+1"],
  [10, 4, [10], "4+1 9+2 10+2 10+1"],
  [20, 7, [10], "7+2 9+3 10+3 10+2"],
  [34, 2, [10], "2+1 9+5 10+5 10+4"],
  [5, 1, [10], "1+1 5+6 10+6 10+1"],
  [20, 5, [10], "5+1 10+2"],
  [10, 10, [4], "10+1 4+1"],
  [10, 5, [0, 5], "5+1 0+0 0+5 5+5 5+1"],
  [50, 2, [0, 5], "2+1 0+0 0+5 5+5 5+3"],
];

describe("a canary of so many pods (serin.dev/size)", () => {
  const sized = (size: string) => ({
    ...{ "serin.dev/steps": "10:1m,50:1m", "serin.dev/checks": "none", "serin.dev/compare": "off" },
    "serin.dev/size": size,
  });

  it("has the Deployment's replicas at most, because native control gives no version more", () => {
    const world = aShop({ replicas: 3, annotations: sized("10") });
    world.request("web", image("web:2"));
    world.runTo(10);
    expect(sizeOf(world, "web-h2")).to.equal(3);
    world.run(150);
    expectRest(world, "web:2", { "web-h2": 3 });
  });

  it("goes on with as many as are left after a scale down", () => {
    const world = aShop({ replicas: 5, annotations: sized("3") });
    world.request("web", image("web:2"));
    world.runTo(10);
    world.put("deployments", edit({ replicas: 2 })(world.get("deployments", "web")));
    world.run(150);
    expectRest(world, "web:2", { "web-h2": 2 });
  });
});

describe("a Deployment that a user scales in flight", () => {
  for (const [weight, from, scales, sizes] of cases)
    it(`from ${from} to ${scales.join(", then ")} at ${weight} % gives the canary no pod beyond native control's share`, () =>
      expect(sizesAfter(weight, from, ...scales).join(" ")).to.equal(sizes));
});

describe("a Deployment that Serin may not change after a failure", () => {
  it("gets all stable pods although a scale has left one to the canary", () => {
    const plan = { "serin.dev/steps": "10:3h", "serin.dev/checks": "none", "serin.dev/compare": "off" };
    const world = aShop({ annotations: plan, replicas: 4 });
    world.request("web", image("web:2"));
    world.runTo(10);
    world.refuses = (write) => write.verb === "json" && write.kind === "deployments";
    world.request("web", annotate("serin.dev/abort", "1"));
    world.run(12);
    world.put("deployments", edit({ replicas: 10 })(world.get("deployments", "web")));
    world.run(12);
    expect(sizeOf(world, "web-h1")).to.equal(10);
  });
});
