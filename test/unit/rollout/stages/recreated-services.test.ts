import { expect } from "chai";
import { decide } from "../../../../rollout/stages/decide.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { Outcome } from "../../../../rollout/workload/run-record.ts";
import { aHeld, aService } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, image } from "../../../support/shop.ts";

describe("a Service that its owner recreates in the moment of a rollback", () => {
  /** The world after an order to abort, while the API server refuses each change of such objects. */
  const aborted = (refused: string) => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    world.run(3);
    world.refuses = (write) => write.verb !== "event" && write.kind === refused;
    world.check = () => {};
    world.remove("services", "web");
    world.put("services", aService());
    expect(world.request("web", annotate("serin.dev/abort", "1"))).to.equal(undefined);
    world.run(2);
    return world;
  };

  it("leads to no pod of the failed version, although the API server refuses to change the route", () => {
    const { spec } = aborted("httproutes").get("services", "web");
    expect(spec.selector).to.include({ "pod-template-hash": "h1" });
  });

  it("keeps no weight on the failed version, although the API server refuses to isolate it", () => {
    expect(shareOf(aborted("services").get("httproutes", "web"), "uid-web")?.weight).to.equal(0);
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
