import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { pastFailure } from "../../../../rollout/stages/after-failure.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { decideFailed } from "../../../../rollout/stages/rollback.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { isExposed } from "../../../../rollout/traffic/exposure.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { inFlight } from "../../../../rollout/view/view-of.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, edit, ending, image, outcome } from "../../../support/shop.ts";

const isRecord = (write: Write) =>
  write.verb === "merge" && write.kind === "replicasets" && write.subresource === undefined;
const isExposedIn = (world: World) => world.routes().some((route) => isExposed(shareOf(route, "uid-web")));
const condition = (world: World, type: string) =>
  conditionOf(world.get("deployments", "web").status?.conditions, type);

/** A bad version with 10 %, whose record the API server refuses from then on. */
function refusing(): World {
  const world = aShop();
  world.request("web", image("web:bad"));
  world.runTo(10);
  world.refuses = isRecord;
  return world;
}

describe("a bad canary whose record the API server refuses", () => {
  it("loses its weight, and people read why", () => {
    const world = refusing();
    world.run(20);
    expect(isExposedIn(world)).to.equal(false);
    expect(holdRecordOf(world.get("deployments", "web"))?.phase).to.equal("failed");
    expect(outcome(world, "web-h2")).to.equal("running");
    const told = /^rolled back at 10% .*success-rate/;
    expect(condition(world, "Canary")).to.include({ reason: "RolledBack" });
    expect(condition(world, "Canary")?.message).to.match(told);
    expect(condition(world, "Progressing")).to.include({ status: "False" });
    expect(condition(world, "Progressing")?.message).to.match(told);
    expect(inFlight(world.observe("web") as Snapshot).says).to.match(told);
    expect(world.story.filter((one) => one === "RolledBack")).to.have.length(1);
  });

  it("ends without a weight wherever the controller is killed, and gets none once the failure is on the Deployment", () => {
    for (let writes = 1; writes <= 8; writes += 1) {
      const world = refusing();
      world.killAfter = world.writes + writes;
      world.check = () => {
        const isFailed = holdRecordOf(world.get("deployments", "web"))?.phase === "failed";
        expect(isFailed && isExposedIn(world), `weight again, killed after ${writes}`).to.equal(false);
      };
      world.run(20);
      expect(isExposedIn(world), `killed after ${writes}`).to.equal(false);
      expect(holdRecordOf(world.get("deployments", "web"))?.phase).to.equal("failed");
    }
  });

  for (const [sizes, wanted] of [
    [[0, 5], { "web-h1": 5, "web-h2": 1 }],
    [[1, 6], { "web-h1": 6, "web-h2": 1 }],
    [[1, 3, 8], { "web-h1": 8, "web-h2": 1 }],
  ] as const)
    it(`leaves the stable version whole and keeps one pod when people scale to ${sizes.join(", then to ")}`, () => {
      const world = refusing();
      world.run(20);
      for (const replicas of sizes) {
        world.request("web", edit({ replicas }));
        world.run(20);
      }
      expect(outcome(world, "web-h2")).to.equal("running");
      expect(ending(world).pods).to.deep.equal(wanted);
    });

  /** A canary with half of the traffic and 3 pods, which a user aborts. */
  const aborted = (refuses: World["refuses"], routed = true) => {
    const checks = routed ? {} : { "serin.dev/checks": "none" };
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h", ...checks }, routed });
    world.request("web", image("web:2"));
    if (routed) world.runTo(50);
    else world.run(10);
    world.refuses = refuses;
    world.request("web", annotate("serin.dev/abort", "1"));
    return world;
  };

  for (const first of ["running", "failed"])
    it(`keeps one pod of a canary that had many and is recorded as ${first}`, () => {
      const world = aborted((write) => isRecord(write) && outcome(world, "web-h2") === first);
      world.run(20);
      expect(outcome(world, "web-h2")).to.equal(first);
      expect(ending(world).pods).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
    });

  for (const routed of [true, false])
    it(`stays failed when a user goes back before the record is taken, ${routed ? "with" : "without"} a route`, () => {
      const world = aborted((write) => isRecord(write), routed);
      world.run(20);
      const told = condition(world, "Canary")?.message;
      world.request("web", image("web:1"));
      world.run(20);
      world.refuses = () => false;
      world.run();
      expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h1": 5 } });
      const run = lastRunOf(world.get("replicasets", "web-h2"));
      expect(run).to.deep.include({ outcome: "failed", message: pastFailure(told ?? "") });
      expect(run?.message).to.match(/^rolled back (at 50%|as a canary by pods)/);
    });

  it("keeps its pods while a route that Serin has not read may lead to them", () => {
    const world = aborted(() => false);
    world.run(1);
    const { now, ...failed } = world.observe("web") as Snapshot;
    const quiet = { ...failed, now: now + 120_000, shares: new Map() };
    const shrinks = ({ writes }: Decision) =>
      writes.some((write) => write.verb === "json" && JSON.stringify(write).includes("maxSurge"));
    expect(shrinks(decideFailed(quiet))).to.equal(true);
    expect(decideFailed({ ...quiet, lacksShares: true })).to.deep.equal({ writes: [], waitMs: 1_000 });
  });

  it("shows its failure again after native control has overwritten it", () => {
    const world = refusing();
    world.run(20);
    const deployment = world.get("deployments", "web");
    const conditions = (deployment.status?.conditions ?? []).map((one) =>
      one.type === "Progressing" ? { ...one, status: "True" as const, reason: "ReplicaSetUpdated" } : one,
    );
    world.put("deployments", { ...deployment, status: { ...deployment.status, conditions } });
    world.run(5);
    expect(condition(world, "Progressing")).to.include({ status: "False" });
  });

  it("has its verdict in the record as soon as the API server takes it", () => {
    const world = refusing();
    world.run(20);
    world.refuses = () => false;
    world.run(20);
    const [run] = world
      .list("replicasets")
      .filter(({ metadata }) => metadata.name === "web-h2")
      .map(lastRunOf);
    expect(run?.outcome).to.equal("failed");
    expect(run?.message).to.equal(condition(world, "Canary")?.message);
    world.request("web", image("web:1"));
    world.run();
    expect(outcome(world, "web-h2")).to.equal("failed");
  });
});
