import { expect } from "chai";
import { correctSizeNote } from "../../../../rollout/stages/size-note.ts";
import type { World } from "../../../model/world.ts";
import { aDeployment, aReplicaSet, aSnapshot } from "../../../support/builders.ts";
import { aShop, edit, ending, image } from "../../../support/shop.ts";

const NOTED = "deployment.kubernetes.io/desired-replicas";

/** What Serin writes about a Deployment of four replicas whose stable version has this size and note. */
function writes(pods: number, noted: string | undefined, observedGeneration = 1, canaryPods = 0): number {
  const annotations = noted === undefined ? {} : { [NOTED]: noted };
  const deployment = { ...aDeployment({ image: "web:2", replicas: 4 }), status: { observedGeneration } };
  const stable = aReplicaSet({ replicas: pods, meta: { annotations } });
  const canary = aReplicaSet({ image: "web:2", replicas: canaryPods });
  const decision = correctSizeNote(aSnapshot({ deployment, replicaSets: [stable, canary] }));
  return decision?.writes.length ?? 0;
}

/** `kubectl scale`, and time for native control to follow. */
function scale(world: World, replicas: number, ticks: number): void {
  world.put("deployments", edit({ replicas })(world.get("deployments", "web")));
  world.run(ticks);
}

/** A shop in which a user scales up in a promotion, deletes the new ReplicaSet, and scales back. */
function aStuckShop(): World {
  const world = aShop({ annotations: { "serin.dev/steps": "100", "serin.dev/compare": "off" }, replicas: 4 });
  world.request("web", image("web:2"));
  const isHeld = () => world.get("deployments", "web").spec.minReadySeconds !== undefined;
  for (let i = 0; i < 60 && isHeld(); i += 1) world.run(1);
  scale(world, 10, 2);
  expect(world.get("replicasets", "web-h1").spec.replicas).to.equal(4);
  world.remove("replicasets", "web-h2");
  scale(world, 4, 1);
  return world;
}

describe("a version that has the right size and the note of another one", () => {
  it("keeps native control from no promotion", () => {
    const world = aStuckShop();
    world.run(60);
    expect(ending(world)).to.deep.include({ pods: { "web-h2": 4 }, marks: [] });
  });

  it("keeps native control from no canary", () => {
    const world = aStuckShop();
    world.request("web", image("web:3"));
    world.run(60);
    expect(ending(world)).to.deep.include({ pods: { "web-h3": 4 }, marks: [] });
  });

  it("stays as it is where native control follows", () => {
    expect(writes(4, "10")).to.equal(1);
    expect(writes(10, "10"), "another size").to.equal(0);
    expect(writes(4, "4"), "the right note").to.equal(0);
    expect(writes(4, undefined), "no note").to.equal(0);
    expect(writes(4, "10", 0), "native control has not looked").to.equal(0);
    expect(writes(4, "10", 1, 1), "it scales both versions").to.equal(0);
  });
});
