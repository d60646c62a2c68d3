import { expect } from "chai";
import fc from "fast-check";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import { scaleUpStable } from "../../../../rollout/stages/scale.ts";
import { surgePods } from "../../../../rollout/workload/surge.ts";
import type { World } from "../../../model/world.ts";
import { aDeployment, aReplicaSet, aSnapshot } from "../../../support/builders.ts";
import { cases } from "../../../support/cases.ts";
import { aShop, edit, ending, image } from "../../../support/shop.ts";

const scale = (world: World, replicas: number) =>
  world.put("deployments", edit({ replicas })(world.get("deployments", "web")));
const canaryPods = (world: World) => world.get("replicasets", "web-h2").spec.replicas ?? 0;

/** A canary at this weight beside so many stable pods. */
function atWeight(weight: number, replicas: number): World {
  const world = aShop({ replicas, annotations: { "serin.dev/steps": `${weight}:2h` } });
  world.request("web", image("web:2"));
  world.runTo(weight);
  return world;
}

describe("a scale in flight", () => {
  it("starts no canary pod beyond those that native control gave it", () => {
    const replicas = fc.integer({ min: 1, max: 12 });
    const through = fc.option(fc.integer({ min: 0, max: 12 }));
    const weights = fc.constantFrom(5, 10, 20, 34, 50, 100);
    fc.assert(
      fc.property(replicas, through, replicas, weights, (before, between, after, weight) => {
        const world = atWeight(weight, before);
        for (const wanted of between === null ? [after] : [between, after]) {
          scale(world, wanted);
          // Native control rests before the next scale.
          for (let i = 0; i < 4; i += 1) world.tick();
        }
        const surge = surgePods(`${weight}%`, after);
        const most = Math.max(canaryPods(world), surge);
        const inFlight = world.check;
        world.check = () => {
          inFlight();
          expect(canaryPods(world)).to.be.at.most(most);
        };
        world.control();
        world.run(4);
        expect(ending(world).pods).to.deep.equal({ "web-h1": after, "web-h2": surge });
      }),
      { numRuns: cases(60) },
    );
  });

  it("leaves the stable version no pod short while the rollout waits for something else", () => {
    const world = atWeight(10, 4);
    world.put("httproutes", { ...world.get("httproutes", "web"), spec: { rules: [] } });
    world.run(2);
    scale(world, 10);
    world.run(4);
    expect(world.decided?.condition?.message).to.include("no route names Service web any more");
    expect(world.get("replicasets", "web-h1").spec.replicas).to.equal(10);
  });

  it("gives the surge room only where native control would undo the scale, and in the same decision", () => {
    const table: readonly [
      string,
      { paused?: boolean; pods?: number; observedGeneration?: number },
      unknown[],
    ][] = [
      ["in flight", {}, [5]],
      ["while the user pauses", { paused: true }, [2, 5]],
      ["from zero", { pods: 0 }, [2, 5]],
      ["before native control has seen the Deployment", { observedGeneration: 0 }, []],
    ];
    for (const [when, { paused = false, pods = 4, observedGeneration = 1 }, values] of table) {
      const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } as const;
      const deployment = {
        ...aDeployment({ image: "web:2", paused, strategy }),
        status: { observedGeneration },
      };
      const replicaSets = [aReplicaSet({ replicas: pods }), aReplicaSet({ image: "web:2", replicas: 2 })];
      const writes = scaleUpStable(aSnapshot({ deployment, replicaSets }))?.writes ?? [];
      const written = writes.map((write) => {
        if (write.verb === "json")
          return write.body.flatMap((one) => (one.op === "replace" ? [one.value] : []));
        return write.verb === "merge" ? (write.body as ReplicaSet).spec.replicas : undefined;
      });
      expect(written.flat(), when).to.deep.equal(values);
    }
  });

  it("lets native control size the stable version first, which begins no version before its notes agree", () => {
    const world = aShop({ replicas: 4, annotations: { "serin.dev/steps": "10:2h" } });
    world.request("web", image("web:2"));
    world.request("web", image("web:3"));
    scale(world, 10);
    world.control();
    world.run(20);
    expect(ending(world).pods).to.deep.equal({ "web-h1": 10, "web-h2": 1 });
  });
});
