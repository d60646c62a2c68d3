import { expect } from "chai";
import { decide } from "../../../../rollout/stages/decide.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { Outcome } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { aHeld, aService } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, image } from "../../../support/shop.ts";

describe("a Service that its owner recreates in the moment of a rollback", () => {
  const refuse = (world: World, refused: string) => {
    world.refuses = (write) => write.verb !== "event" && write.kind === refused;
  };
  const recreate = (world: World) => {
    world.remove("services", "web");
    world.put("services", aService());
  };
  const weight = (world: World) => shareOf(world.get("httproutes", "web"), "uid-web")?.weight;
  const inFlight = () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    world.run(3);
    world.check = () => {};
    return world;
  };
  const abort = (world: World) =>
    expect(world.request("web", annotate("serin.dev/abort", "1"))).to.equal(undefined);

  it("leads to no pod of the failed version, although the API server refuses to change the route", () => {
    const world = inFlight();
    refuse(world, "httproutes");
    recreate(world);
    abort(world);
    world.run(2);
    const { spec } = world.get("services", "web");
    expect(spec.selector).to.include({ "pod-template-hash": "h1" });
  });

  it("keeps no weight on the failed version, although the API server refuses to isolate it", () => {
    const world = inFlight();
    // The verdict's own pass takes the weight, unless the API server refuses that.
    refuse(world, "httproutes");
    abort(world);
    world.run(1);
    expect(weight(world)).to.equal(50);
    refuse(world, "services");
    recreate(world);
    world.run(2);
    expect(weight(world)).to.equal(0);
  });

  const ends: [Outcome, "failed" | "undone"][] = [
    ["failed", "failed"],
    ["running", "undone"],
  ];
  for (const [outcome, phase] of ends)
    it(`is isolated in the same pass as the canary loses its weight, in phase ${phase}`, () => {
      const { writes } = decide(aRollout({ run: { outcome }, held: aHeld({ phase }) }));
      const kinds = writes.flatMap((write) => (write.verb === "merge" ? [write.kind] : []));
      expect(kinds).to.deep.equal(["services", "httproutes"]);
    });
});
