import { expect } from "chai";
import { endIn, type FlightEnd } from "../../../../rollout/flight/end.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, edit, ending, image } from "../../../support/shop.ts";

const HOOK = JSON.stringify([{ name: "after", type: "post-rollout", url: "http://tester.test/" }]);
const web = (world: World) => world.get("deployments", "web");
const phase = (world: World) => holdRecordOf(web(world))?.phase;

/** A shop whose user keeps so many old versions, with the phases that its hook was called for and the ends that were counted. */
function aShopThatKeeps(limit: number, annotations = {}) {
  const plan = { "serin.dev/interval": "10s", "serin.dev/max-interval": "60s", "serin.dev/hooks": HOOK };
  const world = aShop({ annotations: { ...plan, ...annotations } });
  world.put("deployments", edit({ revisionHistoryLimit: limit })(web(world)));
  const called: unknown[] = [];
  world.answer = ({ payload }) => {
    called.push(payload.phase);
    return { kind: "yes", at: world.now, status: 200, body: "" };
  };
  const ends: (FlightEnd | undefined)[] = [];
  const perform = world.perform.bind(world);
  world.perform = (write) => {
    const snapshot = write.verb === "event" ? world.observe("web") : undefined;
    const end = snapshot && endIn(snapshot, [write]);
    if (end !== undefined) ends.push(end);
    perform(write);
  };
  return { world, called, ends };
}

for (const limit of [0, 1, 10])
  describe(`an undo by a user who keeps ${limit} old versions`, () => {
    const expectEnd = (world: World) => {
      world.run(60);
      expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 5 } });
      expect(web(world).spec.revisionHistoryLimit).to.equal(limit);
      world.run(3);
      expect(world.list("replicasets")).to.have.length(limit === 0 ? 1 : 2);
    };

    it("in flight is counted as undone, and its post-rollout hook is called once", () => {
      const { world, called, ends } = aShopThatKeeps(limit);
      world.request("web", image("web:2"));
      world.runTo(25);
      world.request("web", image("web:1"));
      expectEnd(world);
      expect([called, ends]).to.deep.equal([["Failed"], ["undone"]]);
    });

    it("after a failure is no second end", () => {
      const { world, called, ends } = aShopThatKeeps(limit);
      world.request("web", image("web:bad"));
      for (let i = 0; i < 60 && phase(world) !== "failed"; i += 1) world.run(1);
      world.run(8);
      world.request("web", image("web:1"));
      expectEnd(world);
      expect([called, ends]).to.deep.equal([["Failed"], ["failed"]]);
    });

    it("that the plan asks for after a failure calls its post-rollout hook as well", () => {
      const { world, called, ends } = aShopThatKeeps(limit, { "serin.dev/on-failure": "undo" });
      world.request("web", image("web:bad"));
      expectEnd(world);
      expect([called, ends]).to.deep.equal([["Failed"], ["failed"]]);
    });

    it("in the native promotion calls its post-rollout hook as well", () => {
      const { world, called } = aShopThatKeeps(limit);
      world.request("web", image("web:2"));
      for (let i = 0; i < 200 && phase(world) !== "promoting"; i += 1) world.run(1);
      world.request("web", image("web:1"));
      expectEnd(world);
      expect(called).to.have.length(1);
    });

    it("keeps another limit that the user sets before its end", () => {
      const { world } = aShopThatKeeps(limit);
      world.request("web", image("web:2"));
      world.runTo(25);
      world.request("web", image("web:1"));
      world.request("web", edit({ revisionHistoryLimit: 7 }));
      expect(phase(world)).to.equal("undone");
      world.run(60);
      expect([phase(world), web(world).spec.revisionHistoryLimit]).to.deep.equal([undefined, 7]);
    });

    it("keeps the limit for another version that comes before its end", () => {
      const { world } = aShopThatKeeps(limit);
      world.request("web", image("web:2"));
      world.runTo(25);
      world.request("web", image("web:1"));
      expect(phase(world)).to.equal("undone");
      world.request("web", image("web:3"));
      expect(phase(world)).to.equal("canary");
      world.run(300);
      expect([phase(world), web(world).spec.revisionHistoryLimit]).to.deep.equal([undefined, limit]);
    });
  });
