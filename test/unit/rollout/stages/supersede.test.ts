import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { aShop, edit, image } from "../../../support/shop.ts";

describe("a superseded version", () => {
  it("loses its traffic while native control is away, whatever the new manifest scales", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    world.run(3);
    world.request("web", (deployment) => edit({ replicas: 8 })(image("web:3")(deployment)));
    world.now += 5_000;
    world.control();
    expect(shareOf(world.get("httproutes", "web"), "uid-web")?.weight).to.equal(0);
  });
});
