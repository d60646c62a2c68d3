import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { heldIn } from "../../../model/records.ts";
import { aService } from "../../../support/builders.ts";
import { annotate, aShop, edit, image } from "../../../support/shop.ts";

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

  it("that was proven counts as available, although native control has not seen the end of its hold", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:1m, 100:2h" } });
    const held = () => heldIn(world.get("deployments", "web"));
    world.request("web", image("web:2"));
    world.runTo(50);
    world.request("web", annotate("serin.dev/promote", "1"));
    for (let i = 0; i < 20 && held()?.phase === "canary"; i += 1) world.run(1);
    world.request("web", image("web:3"));
    world.run(6);
    expect(held()).to.include({ phase: "canary", stable: "h2" }).and.not.have.property("latched");
    expect(world.get("deployments", "web").status?.availableReplicas).to.equal(5);
  });
});
