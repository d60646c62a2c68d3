import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { World } from "../../../model/world.ts";
import { aRoute } from "../../../support/builders.ts";
import { aShop, image } from "../../../support/shop.ts";

const second = (uid: string) => aRoute({ meta: { name: "second", uid } });
const weights = (world: World) =>
  world.list("httproutes").map((route) => shareOf(route, "uid-web")?.weight ?? 0);
const said = (world: World) => world.decided?.condition?.message;
const MISSING = /^serin\.dev\/routes: no route "second" names a Service of these pods \(web\)/;

function aWorld(): World {
  return aShop({
    annotations: {
      ...{ "serin.dev/steps": "10:1h,50:1m", "serin.dev/checks": "none", "serin.dev/compare": "off" },
      "serin.dev/routes": "web, second",
    },
  });
}

describe("a route of serin.dev/routes that is missing", () => {
  it("takes the canary's weight, and the canary goes on when it is back, as after kubectl replace --force", () => {
    const world = aWorld();
    world.put("httproutes", second("uid-second"));
    world.request("web", image("web:2"));
    world.runTo(10);
    world.run(4);
    world.remove("httproutes", "second");
    world.control();
    expect(weights(world)).to.deep.equal([0]);
    expect(said(world)).to.match(MISSING);
    world.put("httproutes", second("uid-again"));
    world.run(10);
    expect(weights(world)).to.deep.equal([10, 10]);
    expect(world.story).to.not.include("RolledBack");
  });

  it("may come after the Deployment, as where kubectl applies a folder", () => {
    const world = aWorld();
    const heard: string[] = [];
    world.hear = (_kind, text) => void heard.push(text);
    world.request("web", image("web:2"));
    expect(heard.join("\n")).to.include(
      'serin.dev/routes: no route "second" names a Service of these pods yet, and the canary waits without weight until one does',
    );
    world.tick(1_000);
    world.control();
    expect(said(world)).to.match(MISSING);
    world.put("httproutes", second("uid-second"));
    world.run(20);
    expect(weights(world)).to.deep.equal([10, 10]);
  });
});
