import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import { afterFailure } from "../../../../rollout/stages/after-failure.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { stalled } from "../../../../rollout/stages/stalled.ts";
import { inFlight } from "../../../../rollout/view/view-of.ts";
import type { World } from "../../../model/world.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, edit, image } from "../../../support/shop.ts";

const said = (world: World) => {
  const { status } = world.get("deployments", "web");
  return conditionOf(status?.conditions, "Canary")?.message;
};
const undo = "kubectl rollout undo deployment/web";
const paused = `One pod is kept; kubectl rollout resume deployment/web && ${undo}`;

describe("the way back after a failure", () => {
  const failed = () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    expect(world.request("web", annotate("serin.dev/abort", "1"))).to.equal(undefined);
    world.run(3);
    return world;
  };

  it("begins with a resume only while the Deployment is paused: kubectl resumes no other, and undoes none that is", () => {
    const world = failed();
    expect(said(world)).to.include(`One pod is kept; ${undo}`);
    for (const isPaused of [true, false]) {
      world.request("web", edit({ paused: isPaused }));
      world.run(3);
      expect(said(world)).to.include(isPaused ? paused : `One pod is kept; ${undo}`);
      const progressing = conditionOf(world.get("deployments", "web").status?.conditions, "Progressing");
      expect(progressing?.message).to.equal(said(world));
      const snapshot = world.observe("web");
      expect(snapshot && inFlight(snapshot).says).to.equal(said(world));
    }
  });

  it("names the stable revision before the canary has a ReplicaSet: a plain undo would go to a version in between", () => {
    const { judged: _none, canary: _neither, stable, ...rest } = aRollout();
    const unstarted = { ...rest, judged: undefined, canary: undefined };
    const annotations = { "deployment.kubernetes.io/revision": "1" };
    const numbered = stable && { ...stable, metadata: { ...stable.metadata, annotations } };
    expect(afterFailure({ ...unstarted, stable: numbered })).to.match(
      /^kubectl rollout undo deployment\/web --to-revision=1 goes back, .* tries again$/,
    );
    expect(afterFailure({ ...unstarted, stable: undefined })).to.match(
      /^Apply the stable template to go back; .* tries again$/,
    );
  });

  it("follows the pause although the canary never had a ReplicaSet, whose record would keep the sentence", () => {
    const world = aShop();
    world.request("web", edit({ paused: true }));
    world.request("web", image("web:2"));
    world.run(1);
    expect(world.request("web", annotate("serin.dev/abort", "2"))).to.equal(undefined);
    world.run(2);
    expect(said(world)).to.include("kubectl rollout resume deployment/web && kubectl rollout undo");
    world.request("web", edit({ paused: false }));
    world.run(2);
    expect(said(world)).to.include("kubectl rollout undo").and.not.include("resume");
  });

  it("is told by one Event, and is not native control's failure, if Serin is to put the template back from now on", () => {
    const world = failed();
    world.request("web", annotate("serin.dev/on-failure", "undo"));
    expect(stalled(world.observe("web") as Snapshot)).to.equal(undefined);
    world.run(10);
    expect(world.story.filter((what) => what === "RolledBack")).to.have.length(1);
    expect(world.story).to.include("Undone");
    expect(said(world)).to.match(/^rolled back at 50% after \w+: aborted on request$/);
  });

  it("is told without the announcement of an undo once that is done", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h", "serin.dev/on-failure": "undo" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    expect(world.request("web", annotate("serin.dev/abort", "1"))).to.equal(undefined);
    world.run(10);
    expect(said(world)).to.match(/^rolled back at 50% after \w+: aborted on request$/);
  });

  it("is told by one Event, however often the Deployment is paused", () => {
    const world = failed();
    world.request("web", edit({ paused: true }));
    world.run(3);
    const told = world.story.filter((what) => what === "RolledBack");
    expect(told).to.have.length(1);
  });
});
