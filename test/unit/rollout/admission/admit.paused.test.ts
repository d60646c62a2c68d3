import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { edit, inFlight, native, yes } from "../../../support/ask.ts";
import { aReplicaSet, aTemplate, readsOf } from "../../../support/builders.ts";
import { aShop, ending, image, edit as patch } from "../../../support/shop.ts";

const setPaused = (paused: boolean) => patch({ paused });
const surgeOf = ({ spec }: Deployment) => spec.strategy?.rollingUpdate?.maxSurge;
/** The surge is for 1 pod already, and the canary still has so many. */
const shrinking = (updatedReplicas: number): Deployment => ({
  ...inFlight({ replicas: 5, surge: "10%" }),
  status: { replicas: 5 + updatedReplicas, updatedReplicas },
});

describe("admission of a pause in flight", () => {
  it("leaves room for the canary's pods, and does not record it as the user's value", () => {
    const old = shrinking(3);
    const { object } = yes(edit(old, { paused: true }), old);
    expect([object.spec.paused, surgeOf(object)]).to.deep.equal([true, 3]);
    expect(holdRecordOf(object)?.originals).to.deep.equal(native);
  });

  it("keeps the surge that has room", () => {
    const old = shrinking(1);
    expect(surgeOf(yes(edit(old, { paused: true }), old).object)).to.equal("10%");
  });

  it("takes another surge that comes with the pause for the user's wish", () => {
    const old = shrinking(3);
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 2 } } as const;
    const { object } = yes(edit(old, { paused: true, strategy }), old);
    expect(surgeOf(object)).to.equal(3);
    expect(holdRecordOf(object)?.originals.strategy?.rollingUpdate?.maxSurge).to.equal(2);
  });

  it("empties an ended version behind the latch: stable pods that break until the resume would go with its pods", () => {
    const paused = { paused: true };
    for (const [phase, beside, latched] of [
      ["failed", 1, true],
      ["failed", 0, undefined],
      ["undone", 1, true],
    ] as const) {
      const old = inFlight({ held: { phase }, image: phase === "failed" ? "web:2" : "web:1", ...paused });
      const ended = aReplicaSet({ image: "web:2", replicas: beside, available: 0, ready: beside });
      const reads = readsOf({ replicaSets: [aReplicaSet(), ended] });
      const held = holdRecordOf(yes(edit(old, {}, "web:3"), old, reads).object);
      expect(held?.latched, `${phase}, ${beside} beside`).to.equal(latched);
      expect(held?.originals.paused, "the user's pause stays").to.equal(latched);
    }
  });

  it("takes the changes of one pause for one version: none of them has started, and none is superseded", () => {
    const world = aShop();
    const heard: string[] = [];
    world.request("web", setPaused(true));
    for (const tag of ["2", "3", "4", "5"]) {
      world.hear = (place, sentence) => place === "warning" && heard.push(sentence);
      world.request("web", image(`web:${tag}`));
      world.run(2);
    }
    expect(heard).to.have.length(4);
    for (const sentence of heard)
      expect(sentence).to.match(/^serin: canary 10→25→50 %, .*; compared with stable/);
    world.request("web", setPaused(false));
    world.run(200);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
    expect(world.get("deployments", "web").spec.template).to.deep.equal(aTemplate("web:5"));
    expect(world.story).not.to.include("Superseded");
  });

  it("still drains the version that had started before the pause", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    world.runTo(10);
    world.request("web", setPaused(true));
    for (const tag of ["3", "4"]) {
      world.request("web", image(`web:${tag}`));
      world.run(4);
    }
    expect(world.story.filter((told) => told === "Superseded")).to.have.length(1);
    expect(ending(world).pods).to.deep.equal({ "web-h1": 5 });
    world.request("web", setPaused(false));
    world.run(200);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h3": 5 } });
  });

  it("leaves room for all pods behind the latch", () => {
    const old = shrinking(3);
    const canary = aReplicaSet({ image: "web:2", replicas: 3, available: 0, ready: 3 });
    const reads = readsOf({ replicaSets: [aReplicaSet({ replicas: 5 }), canary] });
    const { object } = yes(edit(old, {}, "web:3"), old, reads);
    expect([object.spec.paused, surgeOf(object)]).to.deep.equal([true, 3]);
  });
});
