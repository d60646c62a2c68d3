import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, edit, ending, image } from "../../../support/shop.ts";

const plan = { "serin.dev/steps": "50, pause, 100", "serin.dev/checks": "none", "serin.dev/compare": "off" };
const weight = (world: World) => shareOf(world.get("httproutes", "web"), "uid-web")?.weight;

describe("a canary whose ReplicaSet was deleted", () => {
  it("loses its weight at once, also while a pause keeps native control from recreating it", () => {
    const world = aShop({ annotations: plan });
    world.request("web", image("web:2"));
    for (let i = 0; i < 200 && !world.get("deployments", "web").spec.paused; i += 1) world.run(1);
    expect(weight(world)).to.equal(50);
    world.check = () => {};
    world.remove("replicasets", "web-h2");
    world.reconcile("web");
    expect(weight(world)).to.equal(0);
    expect(world.decided?.condition?.message).to.include(
      "kubectl rollout resume deployment/web starts the canary",
    );
    world.request("web", edit({ paused: false }));
    world.runTo(50);
    for (let i = 0; i < 200 && !world.get("deployments", "web").spec.paused; i += 1) world.run(1);
    world.request("web", edit({ paused: false }));
    world.run();
    expect(ending(world)).to.deep.include({ pods: { "web-h2": 5 }, marks: [] });
  });
});
