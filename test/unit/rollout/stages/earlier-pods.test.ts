import { expect } from "chai";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, edit, ending, image, watched } from "../../../support/shop.ts";

const abort = (world: World, revision: number) =>
  world.request("web", annotate("serin.dev/abort", String(revision)));

/** A second version that is aborted before native control sees it, while one pod of the first, failed one is kept. */
function abortedTwice(): World {
  const world = watched(aShop({ replicas: 4 }));
  world.request("web", image("web:2"));
  world.run(3);
  abort(world, 1);
  world.run(5);
  expect(ending(world).pods).to.deep.equal({ "web-h1": 4, "web-h2": 1 });
  world.request("web", image("web:3"));
  abort(world, 2);
  return world;
}

describe("a failed version beside the kept pod of an earlier one", () => {
  const events: readonly [string, number, (world: World) => void][] = [
    ["after a node was lost", 4, (world) => world.losePods(world.get("replicasets", "web-h1"), 1)],
    [
      "after a scale",
      10,
      (world) => world.put("deployments", edit({ replicas: 10 })(world.get("deployments", "web"))),
    ],
  ];
  for (const [what, replicas, act] of events)
    it(`leaves the stable version all of its pods ${what}`, () => {
      const world = abortedTwice();
      act(world);
      world.run(10);
      expect(world.get("replicasets", "web-h1").status?.readyReplicas).to.equal(replicas);
      expect(ending(world).pods).to.deep.equal({ "web-h1": replicas, "web-h3": 1 });
    });

  it("leaves native control the first answer to a scale, which begins no other version before", () => {
    const world = abortedTwice();
    world.control();
    world.put("deployments", edit({ replicas: 10 })(world.get("deployments", "web")));
    world.control();
    world.control();
    world.run(10);
    expect(world.request("web", image("web:4"))).to.equal(undefined);
    world.run(3);
    expect(ending(world).pods).to.include({ "web-h1": 10 }).and.have.property("web-h4").above(0);
  });
});
