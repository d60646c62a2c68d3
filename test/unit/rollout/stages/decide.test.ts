import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import { checkServed } from "../../../model/invariants.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, ending, expectRest, image, outcome, watched } from "../../../support/shop.ts";

const deployment = (world: World, name = "web") => world.get("deployments", name);
const pods = (world: World) => ending(world).pods;
const condition = (world: World, type: string) => conditionOf(deployment(world).status?.conditions, type);

describe("a rollout in a simulated cluster", () => {
  it("steps a good version up and promotes the very pods that were judged", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    world.runTo(50);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 3 });
    world.run();
    expect(world.story).to.deep.equal([
      "CanaryStarted",
      "web 1:0",
      "web 9:1",
      "CanaryStep",
      "web 3:1",
      "CanaryStep",
      "web 1:1",
      "CanaryProven",
      "web 1:0",
      "web 1",
      "Promoted",
    ]);
    expectRest(world, "web:2", { "web-h2": 5 });
    expect(outcome(world, "web-h2")).to.equal("promoted");
    expect(condition(world, "Canary")).to.include({ status: "True", reason: "Promoted" });
  });

  it("takes a bad version back at its first step and keeps a pod to look into", () => {
    const world = watched(aShop());
    world.request("web", image("web:bad"));
    world.run();
    expect(world.story).to.deep.equal([
      "CanaryStarted",
      "web 1:0",
      "web 9:1",
      "web 1:0",
      "RolledBack",
      "web 1",
    ]);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
    expect(world.list("services").map(({ metadata, spec }) => [metadata.name, spec.selector])).to.deep.equal([
      ["web", { app: "web", "pod-template-hash": "h1" }],
    ]);
    expect(holdRecordOf(deployment(world))?.phase).to.equal("failed");
    expect(condition(world, "Progressing")).to.include({
      status: "False",
      reason: "ProgressDeadlineExceeded",
    });
    expect(condition(world, "Canary")?.message).to.match(
      /rolled back at 10% after 5s: success-rate >= 99% is broken/,
    );
  });

  it("does not write any more once a failure is told, and tells it again when native control forgot", () => {
    const world = aShop();
    world.request("web", image("web:bad"));
    world.run();
    const { writes } = world;
    world.run(20);
    expect(world.writes).to.equal(writes);
    const { status } = deployment(world);
    const conditions = [{ type: "Progressing", status: "True" as const, reason: "ReplicaSetUpdated" }];
    world.put("deployments", { ...deployment(world), status: { ...status, conditions } });
    world.run(2);
    expect(condition(world, "Progressing")).to.include({
      status: "False",
      reason: "ProgressDeadlineExceeded",
    });
  });

  it("undoes a failed version where that is asked for", () => {
    const world = watched(aShop({ annotations: { "serin.dev/on-failure": "undo" } }));
    world.request("web", image("web:bad"));
    world.run();
    expectRest(world, "web:1", { "web-h1": 5 });
    expect(outcome(world, "web-h2")).to.equal("failed");
  });

  for (const [version, reason] of [
    ["web:never", /did not become ready within/],
    ["web:crash", /CrashLoopBackOff/],
  ] as const) {
    it(`takes ${version} back before it has had any traffic`, () => {
      const world = watched(aShop());
      world.request("web", image(version));
      world.run();
      expect(world.story.filter((line) => /^web \d+:[1-9]/.test(line))).to.deep.equal([]);
      expect(condition(world, "Canary")?.message).to.match(reason);
      expect(outcome(world, "web-h2")).to.equal("failed");
    });
  }

  it("starts anew with a good version after a failure", () => {
    const world = watched(aShop());
    world.request("web", image("web:bad"));
    world.run();
    world.request("web", image("web:3"));
    world.run();
    expectRest(world, "web:3", { "web-h3": 5 });
    expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal(["failed", "promoted"]);
  });

  it("retries a failed version on request", () => {
    const world = watched(aShop());
    world.request("web", image("web:bad"));
    world.run();
    const steps = world.story.length;
    expect(world.request("web", annotate("serin.dev/retry", "1"))).to.equal(undefined);
    world.run();
    expect(world.story.slice(steps)).to.include("web 9:1").and.to.include("RolledBack");
  });

  it("undoes at 50 %: no weight before the first pod goes, and nothing is left", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    world.runTo(50);
    world.request("web", image("web:1"));
    world.run();
    expectRest(world, "web:1", { "web-h1": 5 });
    expect(outcome(world, "web-h2")).to.equal("undone");
  });

  it("undoes at 50 % behind a gateway that is slow to follow: drains, and goes when asked again", () => {
    const world = aShop();
    const route = world.get("httproutes", "web");
    world.put("httproutes", {
      ...route,
      status: { parents: [{ controllerName: "networking.gke.io/gateway" }] },
    });
    watched(world);
    world.request("web", image("web:2"));
    world.runTo(50);
    expect(world.request("web", image("web:1"))).to.match(/repeat this/);
    world.run(18);
    expect(shareOf(world.get("httproutes", "web"), "uid-web")?.weight).to.equal(0);
    expect(world.request("web", image("web:1"))).to.equal(undefined);
    world.run();
    expectRest(world, "web:1", { "web-h1": 5 });
  });

  it("supersedes at 50 %: drains, then starts the newer version against the same stable one", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    world.runTo(50);
    world.request("web", image("web:3"));
    world.run();
    expectRest(world, "web:3", { "web-h3": 5 });
    expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal(["superseded", "promoted"]);
    expect(lastRunOf(world.get("replicasets", "web-h3"))?.stable).to.equal("h1");
    expect(lastRunOf(world.get("replicasets", "web-h2"))?.message).to.match(
      /^web-h2 was superseded by a newer template at step 3; the last word about it: /,
    );
  });

  it("completes what was proven when a newer version comes in the middle of its promotion", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    for (let i = 0; i < 200 && holdRecordOf(deployment(world))?.phase !== "promoting"; i += 1) world.run(1);
    world.run(1);
    world.request("web", image("web:3"));
    world.run();
    expectRest(world, "web:3", { "web-h3": 5 });
    expect([outcome(world, "web-h2"), outcome(world, "web-h3")]).to.deep.equal(["promoted", "promoted"]);
    expect(lastRunOf(world.get("replicasets", "web-h3"))?.stable).to.equal("h2");
  });

  it("does not call a version promoted that was proven, but superseded before it took over", () => {
    const world = watched(aShop());
    world.request("web", image("web:2"));
    for (let i = 0; i < 200 && outcome(world, "web-h2") !== "proven"; i += 1) world.run(1);
    expect(holdRecordOf(deployment(world))?.phase).to.equal("canary");
    world.request("web", image("web:3"));
    world.run();
    expectRest(world, "web:3", { "web-h3": 5 });
    expect(outcome(world, "web-h2")).to.equal("superseded");
  });

  it("starts the canary of a version that came during a native rollout", () => {
    const world = aShop();
    world.put("deployments", image("web:2")(deployment(world)));
    world.tick();
    world.tick();
    world.check = () => checkServed(world);
    world.request("web", image("web:3"));
    world.run();
    expectRest(world, "web:3", { "web-h3": 5 });
  });
});
