import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { seeWait } from "../../../../rollout/notify/due.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { checkServed } from "../../../model/invariants.ts";
import { message } from "../../../model/stage.ts";
import type { World } from "../../../model/world.ts";
import { AT_NOON, aHeld } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, edit, ending, image, outcome } from "../../../support/shop.ts";

const web = (world: World) => world.get("deployments", "web");
const held = (world: World) => holdRecordOf(web(world));
const reason = (world: World) => conditionOf(web(world).status?.conditions, "Canary")?.reason;
const services = (world: World) => ending(world).services.map(({ selector }) => selector);

/** The shop at 10 %, or after a failure, in which somebody then deletes the stable ReplicaSet. */
function lost({ plan = {}, version = "web:2", to = (world: World) => world.runTo(10) } = {}): World {
  const world = aShop({ annotations: { "serin.dev/compare": "off", ...plan } });
  world.request("web", image(version));
  to(world);
  // Without a stable version, the canary gets more than its grant.
  world.check = () => {};
  world.remove("replicasets", "web-h1");
  return world;
}
const fail = (world: World) => {
  for (let i = 0; i < 50 && held(world)?.phase !== "failed"; i += 1) world.run(1);
  world.run(8);
};

describe("a rollout whose stable ReplicaSet is gone", () => {
  it("has Services that select all pods again at once, and no weight on the canary Service", () => {
    const world = lost();
    world.reconcile("web");
    expect(services(world)).to.deep.include({ app: "web" });
    world.run(3);
    checkServed(world);
    world.run(5);
    expect(services(world)).to.deep.equal([{ app: "web" }]);
    expect(world.routes().map(({ spec }) => spec.rules)).to.deep.equal(
      aShop()
        .routes()
        .map(({ spec }) => spec.rules),
    );
    checkServed(world);
  });

  it("says so once, with what to do, and then writes nothing more", () => {
    const world = lost();
    world.run(10);
    expect(reason(world)).to.equal("StableLost");
    const snapshot = world.observe("web");
    expect(snapshot && seeWait(snapshot, world.decided ?? { writes: [] }, undefined)).to.deep.include({
      key: "waiting/1",
      says: message(world),
    });
    expect(message(world)).to.equal(
      "the ReplicaSet of stable h1 is gone, so Serin restores Services and routes, and all pods serve. " +
        "kubectl annotate deployment/web serin.dev/promote=1 keeps this version; another template replaces it by a " +
        "native rolling update",
    );
    const { version } = world;
    world.run(20);
    expect(world.version).to.equal(version);
    expect(world.story.filter((one) => one === "StableLost")).to.have.length(1);
  });

  it("promotes the canary on request, also one that no one had counted yet", () => {
    for (const to of [(world: World) => world.runTo(10), () => {}]) {
      const world = lost({ to });
      world.run(6);
      world.request("web", annotate("serin.dev/promote", "1"));
      world.run(40);
      expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
      expect(outcome(world, "web-h2")).to.equal("promoted");
    }
  });

  it("promotes on an order from before the loss", () => {
    const to = (world: World) => {
      world.runTo(10);
      world.request("web", annotate("serin.dev/promote", "1"));
    };
    const world = lost({ to });
    world.run(40);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
  });

  it("ends a pause of the plan, so that no order waits for a resume", () => {
    const paused = (world: World) => {
      for (let i = 0; i < 100 && !web(world).spec.paused; i += 1) world.run(1);
      world.run(2);
    };
    const world = lost({ plan: { "serin.dev/steps": "10, pause, 100" }, to: paused });
    expect(web(world).spec.paused).to.equal(true);
    world.run(10);
    world.request("web", annotate("serin.dev/promote", "1"));
    world.run(40);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
  });

  it("keeps a failure visible, and serves with the failed version rather than with none", () => {
    const world = lost({ version: "web:bad", to: fail });
    world.run(10);
    expect([reason(world), held(world)?.phase]).to.deep.equal(["StableLost", "failed"]);
    expect(conditionOf(web(world).status?.conditions, "Progressing")).to.deep.include({
      status: "False",
      reason: "ProgressDeadlineExceeded",
    });
    expect(services(world)).to.deep.equal([{ app: "web" }]);
    expect(ending(world).pods).to.deep.equal({ "web-h2": 5 });
    const { version } = world;
    world.run(10);
    expect(world.version).to.equal(version);
  });

  it("starts a superseding version natively", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    world.runTo(10);
    world.request("web", image("web:3"));
    world.check = () => {};
    world.remove("replicasets", "web-h1");
    world.run(40);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h3": 5 } });
    expect(outcome(world, "web-h2")).to.equal("superseded");
    expect(message(world)).to.equal("ended without a canary: stable h1 was lost, h3 serves");
  });

  it("serves with all pods while native control recreates the stable version of an undo", () => {
    const world = lost({
      to: (world) => {
        world.runTo(10);
        world.request("web", image("web:1"));
      },
    });
    world.reconcile("web");
    expect(services(world)).to.deep.include({ app: "web" });
    world.run(40);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 5 } });
  });

  for (const limit of [0, 1])
    it(`outlives a scale to zero after a failure, although the user keeps a history of ${limit}`, () => {
      const world = aShop({ annotations: { "serin.dev/compare": "off" } });
      world.put("deployments", edit({ revisionHistoryLimit: limit })(web(world)));
      for (const version of ["web:bad", "web:bad-again"]) {
        world.request("web", image(version));
        world.run(2);
        fail(world);
      }
      for (const replicas of [0, 5]) {
        world.put("deployments", edit({ replicas })(web(world)));
        world.run(5);
      }
      expect(world.find("replicasets", "web-h1")?.status?.readyReplicas).to.equal(5);
      checkServed(world);
      world.request("web", image("web:1"));
      world.run(40);
      expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 5 } });
      expect(web(world).spec.revisionHistoryLimit).to.equal(limit);
      expect(world.list("replicasets")).to.have.length(1 + limit);
    });

  it("asks the metrics nothing more", () => {
    const world = lost();
    world.run(10);
    expect(world.observe("web")?.judgeInput).to.equal(undefined);
    const run = { inForceSince: AT_NOON };
    expect(aRollout({ run, routes: [] }).judgeInput).to.not.equal(undefined);
    expect(aRollout({ run, routes: [], held: aHeld({ lost: true }) }).judgeInput).to.equal(undefined);
  });

  const running = (world: World) => world.runTo(10);
  const zero = (world: World) => {
    running(world);
    world.put("deployments", edit({ replicas: 0 })(web(world)));
    world.run(3);
  };
  const optOut = (deployment: Deployment) => ({
    ...deployment,
    metadata: { ...deployment.metadata, annotations: {} },
  });
  const ways: [string, (deployment: Deployment) => Deployment, Record<string, number>][] = [
    ["another template", image("web:3"), { "web-h3": 5 }],
    ["the stable template", image("web:1"), { "web-h1": 5 }],
    ["an opt-out", optOut, { "web-h2": 5 }],
    ["a promotion", annotate("serin.dev/promote", "1"), { "web-h2": 5 }],
  ];
  for (const [what, change, pods] of ways)
    for (const [when, to] of [
      ["in flight", running],
      ["after a failure", fail],
      ["at zero replicas", zero],
    ] as const)
      it(`ends by ${what}, lost ${when}`, () => {
        const world = lost({ version: to === fail ? "web:bad" : "web:2", to });
        world.run(10);
        world.put("deployments", edit({ replicas: 5 })(web(world)));
        world.run(3);
        checkServed(world);
        expect(world.request("web", change)).to.equal(undefined);
        world.run(60);
        expect(ending(world)).to.deep.include({
          marks: [],
          pods,
          services: [{ name: "web", selector: { app: "web" } }],
        });
        checkServed(world);
      });
});
