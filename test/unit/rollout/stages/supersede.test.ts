import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { aService } from "../../../support/builders.ts";
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

  it("gets no more than its weight by a recreated Service, although the API server refuses to change the route", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    world.run(3);
    world.refuses = (write) => write.verb !== "event" && write.kind === "httproutes";
    world.check = () => {};
    world.remove("services", "web");
    world.put("services", aService());
    world.request("web", image("web:3"));
    world.run(1);
    expect(world.get("services", "web").spec.selector).to.include({ "pod-template-hash": "h1" });
  });
});
