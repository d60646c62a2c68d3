import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, expectRest, image, outcome, watched } from "../../../support/shop.ts";

const phase = (world: World) => holdRecordOf(world.get("deployments", "web"))?.phase;

/** `web:2` superseded by `web:3`, which its user takes back before the controller has closed the record of `web:2`. */
function takenBack(world: World, to: string): void {
  world.request("web", image("web:3"));
  world.request("web", image(to));
  world.run();
}

describe("the record of a version that another one followed before its end", () => {
  it("says that it was superseded", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    world.runTo(10);
    takenBack(world, "web:1");
    expect(outcome(world, "web-h2")).to.equal("superseded");
    expectRest(world, "web:1", { "web-h1": 5 });
  });

  it("says that it was promoted if it was proven, and serves", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    for (let i = 0; i < 200 && phase(world) !== "promoting"; i += 1) world.run(1);
    takenBack(world, "web:2");
    expect(outcome(world, "web-h2")).to.equal("promoted");
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("says that it was superseded, also if it serves because the stable version is lost", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    world.runTo(10);
    world.request("web", image("web:3"));
    world.check = () => {};
    world.remove("replicasets", "web-h1");
    world.request("web", image("web:2"));
    world.run();
    expect(outcome(world, "web-h2")).to.equal("superseded");
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("says that it was superseded if the next version begins while Serin still cleans up after an undo", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    world.runTo(10);
    world.request("web", image("web:1"));
    world.run(1);
    expect(phase(world)).to.equal("undone");
    world.request("web", image("web:3"));
    world.run();
    expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal(["superseded", "promoted"]);
    expectRest(world, "web:3", { "web-h3": 5 });
  });
});
