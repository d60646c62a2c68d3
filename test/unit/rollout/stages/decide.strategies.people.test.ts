import { expect } from "chai";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import { aStage, runTo } from "../../../model/stage.ts";
import { annotate, expectRest, image, outcome } from "../../../support/shop.ts";

describe("people, in every kind of rollout", () => {
  const stages: Record<string, readonly [Record<string, string>, ...string[]]> = {
    "blue-green": [{ rollout: "blue-green", mirror: "100%" }, "copies of 100%", "100%"],
    "ab-test": [{ rollout: "ab-test", match: "header x-t=1" }, "the matching users and testers"],
    "sticky canary with testers": [
      { steps: "10, 100", match: "header x-t=1", sticky: "1h" },
      "10% and testers, kept",
      "100% and testers, kept",
    ],
  };
  for (const [kind, [plan, ...moments]] of Object.entries(stages)) {
    for (const moment of moments) {
      it(`${kind} at ${moment}: an undo takes all back first`, () => {
        const stage = aStage(plan);
        const { world, given } = stage;
        world.request("web", image("web:2"));
        runTo(stage, moment);
        world.request("web", image("web:1"));
        expect(given.at(-1)).to.equal("0%");
        world.run();
        expect(given.slice(-2)).to.deep.equal(["0%", "-"]);
        expectRest(world, "web:1", { "web-h1": 5 });
        expect(outcome(world, "web-h2")).to.equal("undone");
      });

      it(`${kind} at ${moment}: a newer version gets nothing before the first one is drained`, () => {
        const stage = aStage(plan);
        const { world, given } = stage;
        world.request("web", image("web:2"));
        runTo(stage, moment);
        const before = given.length;
        world.request("web", image("web:3"));
        world.run();
        expect(given[before]).to.equal("0%");
        expectRest(world, "web:3", { "web-h3": 5 });
        expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal([
          "superseded",
          "promoted",
        ]);
      });

      it(`${kind} at ${moment}: an undo that another webhook refuses changes nothing in the end`, () => {
        const stage = aStage(plan);
        const { world } = stage;
        world.request("web", image("web:2"));
        runTo(stage, moment);
        world.refuse = true;
        world.request("web", image("web:1"));
        world.run(400);
        expectRest(world, "web:2", { "web-h2": 5 });
      });
    }

    it(`${kind}: a retry begins anew`, () => {
      const { world, given } = aStage(plan);
      world.request("web", image("web:bad"));
      world.run();
      expect(outcome(world, "web-h2")).to.equal("failed");
      const first = given.slice(1);
      const before = given.length;
      expect(world.request("web", annotate("serin.dev/retry", "1"))).to.equal(undefined);
      world.run();
      expect(given.slice(before)).to.deep.equal(first);
      expect(outcome(world, "web-h2")).to.equal("failed");
      const runs = world.list("replicasets").map(lastRunOf);
      expect(runs.filter((run) => run !== undefined)).to.have.length(1);
    });
  }
});
