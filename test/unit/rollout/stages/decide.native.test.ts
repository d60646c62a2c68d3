import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import type { World } from "../../../model/world.ts";
import { aTemplate } from "../../../support/builders.ts";
import { aShop, edit, ending, expectRest, image, watched } from "../../../support/shop.ts";

const deployment = (world: World) => world.get("deployments", "web");
const scale = (world: World, replicas: number) =>
  world.put("deployments", edit({ replicas })(deployment(world)));
/** As before the opt-in: native control rolls it out. */
const natively = (world: World, version: string) =>
  world.put("deployments", image(version)(deployment(world)));

/** Without any annotation. */
const optedOut = (deployment: Deployment): Deployment => ({
  ...deployment,
  metadata: { ...deployment.metadata, annotations: {} },
});
/** `kubectl rollout restart`. */
const restarted = (deployment: Deployment): Deployment => {
  const template = aTemplate("web:1");
  const annotations = { "kubectl.kubernetes.io/restartedAt": "now" };
  return edit({ template: { ...template, metadata: { ...template.metadata, annotations } } })(deployment);
};

describe("a rollout next to one that native control began", () => {
  for (const stuck of ["web:2", "web:never"]) {
    it(`takes no version for its own canary when a native rollout of ${stuck} is undone`, () => {
      const world = watched(aShop());
      natively(world, stuck);
      world.run(2);
      world.request("web", image("web:1"));
      expect(ending(world).marks).to.deep.equal([]);
      world.run(5);
      expectRest(world, "web:1", { "web-h1": 5 });
      expect(world.story).to.deep.equal([]);
    });
  }

  it("starts the next canary after a version that was scaled to zero and never came to be", () => {
    const world = aShop();
    scale(world, 0);
    world.request("web", image("web:never"));
    scale(world, 1);
    world.request("web", image("web:1"));
    scale(world, 4);
    world.run(3);
    world.request("web", image("web:2"));
    world.run();
    expectRest(world, "web:2", { "web-h2": 4 });
  });

  it("lets a version that native control began serve what it served, until it is to be a canary", () => {
    const world = aShop();
    natively(world, "web:2");
    world.run(1);
    world.request("web", image("web:bad"));
    world.request("web", image("web:2"));
    world.run();
    expectRest(world, "web:2", { "web-h2": 5 });
    expect(world.story).to.include("web 9:1").and.to.include("Promoted");
  });

  it("leaves nothing on a version that was undone before the controller had seen it", () => {
    const world = aShop();
    natively(world, "web:never");
    world.run(1);
    world.request("web", image("web:1"));
    // Dies when it has marked both versions that are there.
    world.killAfter = world.writes + 2;
    world.request("web", image("web:3"));
    world.run(1);
    world.request("web", image("web:1"));
    world.run();
    expectRest(world, "web:1", { "web-h1": 5 });
  });

  for (const writes of [1, 2, 3, 4, 5, 6]) {
    it(`leaves nothing on the stable version when killed after ${writes} writes of an undo it saw first`, () => {
      const world = watched(aShop());
      world.request("web", image("web:2"));
      world.request("web", image("web:1"));
      world.killAfter = world.writes + writes;
      world.run();
      world.run(5);
      expectRest(world, "web:1", { "web-h1": 5 });
    });
  }

  const natives: [string, (world: World) => void][] = [
    ["a restart", (world) => world.request("web", restarted)],
    ["a version without the opt-in", (world) => world.request("web", (old) => optedOut(image("web:2")(old)))],
    [
      "a version after the opt-in was taken away",
      (world) => {
        world.request("web", optedOut);
        natively(world, "web:2");
      },
    ],
  ];
  for (const [what, act] of natives) {
    it(`loses no request to ${what} right after an update that another admission refused`, () => {
      const world = watched(aShop());
      world.refuse = true;
      world.request("web", image("web:3"));
      act(world);
      for (let i = 0; i < 9; i += 1) {
        world.tick(1_000);
        world.control();
      }
      expect(ending(world).pods).to.deep.equal({ "web-h2": 5 });
    });
  }
});
