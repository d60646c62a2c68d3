import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, expectRest, image, outcome, watched } from "../../../support/shop.ts";

const weight = (world: World) => shareOf(world.get("httproutes", "web"), "uid-web")?.weight;
const deployment = (world: World) => world.get("deployments", "web");

/** Another webhook changes the template in a write of Serin, for which the API server does not ask Serin. */
function pin(world: World, to: string): void {
  const { metadata, ...old } = image(to)(deployment(world));
  world.put("deployments", { ...old, metadata });
  world.tick();
}

describe("a version that came without Serin's admission", () => {
  it("inherits neither step nor weight nor verdict of the judged one, and is judged from the start", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    world.runTo(50);
    pin(world, "web:2@sha256");
    world.reconcile("web");
    expect(weight(world)).to.equal(0);
    expect(world.story).to.include("TemplateChanged");
    world.story.splice(0);
    world.run();
    expect(outcome(world, "web-h2")).to.equal("superseded");
    expect(world.story.filter((line) => /^web \d+:/.test(line))).to.deep.equal([
      "web 9:1",
      "web 3:1",
      "web 1:1",
      "web 1:0",
    ]);
    expectRest(world, "web:2@sha256", { "web-h3": 5 });
  });

  it("is rolled back if it is bad, whatever the judged one proved", () => {
    for (const weightBefore of [10, 50]) {
      const world = aShop();
      world.request("web", image("web:2"));
      world.runTo(weightBefore);
      pin(world, "web:bad");
      world.run();
      expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal(["superseded", "failed"]);
    }
  });

  it("is judged against the version that still has pods if it comes with the promotion", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    for (let i = 0; i < 200 && holdRecordOf(deployment(world))?.phase !== "promoting"; i += 1) world.run(1);
    // Native control starts its pods before Serin can see them, and the Services select all pods by then.
    world.check = () => {};
    pin(world, "web:bad");
    world.run();
    expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal(["superseded", "failed"]);
    expect(holdRecordOf(deployment(world))).to.deep.include({ phase: "failed", stable: "h1" });
  });

  it("does not get the order that was given for the judged one", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    world.runTo(10);
    world.request("web", annotate("serin.dev/promote", "1"));
    world.check = () => {};
    pin(world, "web:bad");
    world.run();
    expect(outcome(world, "web-h3")).to.equal("failed");
  });
});
