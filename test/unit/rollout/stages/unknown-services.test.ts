import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { isolate } from "../../../../rollout/stages/prepare.ts";
import { checkRoutes } from "../../../../rollout/stages/reachable.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { writeSelector } from "../../../../rollout/traffic/writes.ts";
import type { World } from "../../../model/world.ts";
import { AT_NOON, aHeld, aService } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { aShop, expectRest, image } from "../../../support/shop.ts";

const weight = (world: World) => shareOf(world.get("httproutes", "web"), "uid-web")?.weight;

/** A canary of this image with its first weight. From then on the snapshots lack Services while `unknown.lasts`. */
function lacking(version: string) {
  const world = aShop();
  world.request("web", image(version));
  world.runTo(10);
  const unknown = { lasts: true };
  const observe = world.observe.bind(world);
  world.observe = (name) => {
    const snapshot = observe(name);
    return snapshot && { ...snapshot, ...(unknown.lasts && { lacksServices: true }) };
  };
  return { world, unknown };
}

describe("a rollout while Serin does not know all Services of the namespace", () => {
  it("keeps its weight and says why, and goes on when Serin knows them", () => {
    const { world, unknown } = lacking("web:2");
    world.run(60);
    expect(weight(world)).to.equal(10);
    expect(world.decided?.condition?.message).to.match(
      /^the Services of namespace shop or their routes are too long together: make them shorter or fewer; kubectl annotate .* decides$/,
    );
    unknown.lasts = false;
    world.run();
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("is rolled back if its canary is harmful", () => {
    const { world } = lacking("web:bad");
    world.run(60);
    expect(world.story.join("\n")).to.include("RolledBack");
    expect(weight(world) ?? 0).to.equal(0);
  });

  it("is not rolled back because it finds none of the plan's routes", () => {
    const unreached = aRollout({ annotations: { "serin.dev/routes": "web" }, routes: [], services: [] });
    expect(checkRoutes(unreached)).to.not.equal(undefined);
    expect(checkRoutes({ ...unreached, lacksServices: true })).to.equal(undefined);
  });

  it("opens no Service for a canary that gets its share through them", () => {
    const isolated = merge(aService(), isolationPatch(aService(), "uid-web", "web1", AT_NOON)) as Service;
    const snapshot = aRollout({ routes: [], services: [isolated] });
    expect(isolate(snapshot)?.writes).to.have.length(1);
    expect(isolate({ ...snapshot, lacksServices: true })).to.equal(undefined);
  });

  describe("keeps a Service isolated that the plan does not want any more", () => {
    const before = aService({ meta: { name: "former" } });
    const former = merge(before, isolationPatch(before, "uid-web", "web1", AT_NOON)) as Service;
    const lack = { formerServices: [former], lacksServices: true } as const;
    const written = (snapshot: Snapshot) =>
      decide(snapshot).writes.filter((write) => write.verb !== "event" && write.name === "former");
    const undone = { ...aRollout({ held: aHeld({ phase: "undone" }), routes: [], services: [] }), ...lack };

    it("while an unknown route may lead to it", () => {
      const snapshot = aRollout({ formerServices: [former] });
      expect(written(snapshot)).to.deep.equal([writeSelector(former)]);
      expect(written({ ...snapshot, ...lack })).to.deep.equal([]);
      expect(written(undone)).to.deep.equal([]);
    });

    it("until the canary is proven or gone, or no other version is left", () => {
      const proven = aRollout({ run: { outcome: "proven" } });
      const { spec, metadata } = undone.deployment;
      const [replicas, generation] = [spec.replicas ?? 1, metadata.generation ?? 0];
      const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
      const complete = { ...undone.deployment, status: { ...counts, observedGeneration: generation } };
      const lost = aRollout({ held: aHeld({ lost: true }) });
      for (const snapshot of [proven, { ...undone, deployment: complete }, lost])
        expect(written({ ...snapshot, ...lack })).to.deep.include(writeSelector(former));
    });
  });
});
