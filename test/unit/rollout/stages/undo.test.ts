import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import { decideUndone } from "../../../../rollout/stages/undo.ts";
import { isIsolatedTo } from "../../../../rollout/traffic/isolation.ts";
import { lastRunOf, type Outcome } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { aHeld, aService, type SnapshotParts } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { aShop, edit, ending, image, outcome } from "../../../support/shop.ts";

const scale = (world: World, replicas: number) =>
  world.put("deployments", edit({ replicas })(world.get("deployments", "web")));

describe("a Service that its owner recreates after an undo", () => {
  const isIsolated = (run: Outcome, parts: SnapshotParts = {}) => {
    const held = aHeld({ phase: "undone" });
    const { writes } = decideUndone(aRollout({ run: { outcome: run }, held, routes: [], ...parts }));
    return writes.some((write) => write.verb === "merge" && isIsolatedTo(merged(aService(), write), "web1"));
  };

  for (const run of ["running", "failed"] as const)
    it(`leads to the stable version beside pods of a canary that is ${run}`, () => {
      expect(isIsolated(run)).to.equal(true);
    });

  it("leads to the stable version beside pods of a canary without a record, which Serin has not seen before the undo", () => {
    const { replicaSets } = aRollout({ run: undefined as never });
    const unseen = replicaSets.map((set) => ({
      ...set,
      metadata: { ...set.metadata, annotations: {} },
    }));
    expect(isIsolated("running", { replicaSets: unseen })).to.equal(true);
  });

  for (const run of ["proven", "promoted"] as const)
    it(`leads to all pods beside those of a version that is ${run}, which may carry most of the traffic`, () => {
      expect(isIsolated(run)).to.equal(false);
    });

  it("leads to all pods where a failed version has none any more", () => {
    const { replicaSets } = aRollout({ run: { outcome: "failed" } });
    const emptied = replicaSets.map((set) => ({ ...set, spec: { ...set.spec, replicas: 0 }, status: {} }));
    expect(isIsolated("failed", { replicaSets: emptied })).to.equal(false);
  });

  it("leads to all pods if the stable version is lost", () => {
    expect(isIsolated("failed", { held: aHeld({ phase: "undone", lost: true }) })).to.equal(false);
  });

  it("leads no request to a failed version that native control scales along", () => {
    const world = aShop({ replicas: 1 });
    world.request("web", image("web:bad"));
    for (let i = 0; i < 60 && outcome(world, "web-h2") !== "failed"; i += 1) world.run(1);
    world.run(2);
    const { metadata } = world.get("services", "web");
    world.request("web", image("web:1"));
    world.check = () => {};
    world.remove("services", "web");
    world.put("services", aService({ meta: { ...metadata, labels: {}, annotations: { owner: "web" } } }));
    scale(world, 4);
    world.tick();
    world.control();
    expect(ending(world).pods).to.deep.equal({ "web-h1": 2, "web-h2": 3 });
    world.tick();
    expect([...world.endpoints(world.get("services", "web"))]).to.deep.equal([["h1", 2]]);
    world.run();
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 4 } });
  });
});

describe("the sentence of a failure", () => {
  const failed = (world: World) => {
    world.request("web", image("web:bad"));
    for (let i = 0; i < 60 && outcome(world, "web-h2") !== "failed"; i += 1) world.run(1);
    world.run(3);
  };

  it("names no command any more when the stable version is back: an undo would go to the failed one", () => {
    const world = aShop();
    const heard: string[] = [];
    world.hear = (_place, sentence) => heard.push(sentence);
    failed(world);
    expect(heard.at(-1)).to.match(/One pod is kept; kubectl rollout undo .* tries again/);
    world.request("web", image("web:1"));
    world.run();
    const told = conditionOf(world.get("deployments", "web").status?.conditions, "Canary");
    const run = lastRunOf(world.get("replicasets", "web-h2"));
    for (const message of [told?.message, run?.message])
      expect(message)
        .to.match(/^rolled back at 10% .*%/)
        .and.not.match(/kubectl|is kept/);
  });

  it("tells a canary whose route is gone from one that never had a route", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    const heard: string[] = [];
    world.hear = (_place, sentence) => heard.push(sentence);
    world.request("web", image("web:2"));
    world.runTo(50);
    world.check = () => {};
    world.remove("httproutes", "web");
    world.run(200);
    expect(heard.at(-1)).to.match(
      /^rolled back without a route: no route names Service web any more, for 600s/,
    );
  });
});
