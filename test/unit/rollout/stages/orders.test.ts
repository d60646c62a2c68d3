import { expect } from "chai";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aDeployment, aHeld, aSnapshot, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, image, outcome } from "../../../support/shop.ts";

/** The run record that the decision writes on the canary's ReplicaSet. */
function recordIn(snapshot: Snapshot): RunRecord | undefined {
  const write = decide(snapshot).writes.find((one) => one.verb === "merge" && one.kind === "replicasets");
  return write && snapshot.canary && lastRunOf(merged(snapshot.canary, write));
}

const unready = { metadata: { name: "web-x", creationTimestamp: new Date(NOON).toISOString() } };
const waits: Record<string, Partial<Parameters<typeof aRollout>[0]>> = {
  "2 of 3 canary pods are ready": {
    annotations: { "serin.dev/steps": "50" },
    endpoints: new Map([["web-canary", 2]]),
    pods: [unready],
  },
  "no pod is ready, long after the deadline": { now: NOON + 60 * 60_000, pods: [unready] },
  "the canary Service is missing": { canaryServices: [] },
  "no gateway accepts the route": {
    routes: aRollout().routes.map((route) => ({ ...route, status: { parents: [] } })),
  },
  "the route is gone": { routes: [], canaryServices: aRollout().services },
  "a named route does not name the Service": { annotations: { "serin.dev/routes": "other" } },
  "the Deployment is scaled to zero": { deployment: aDeployment({ image: "web:2", replicas: 0 }) },
  "native control has not seen the Deployment": {
    deployment: aDeployment({ image: "web:2", meta: { generation: 9 } }),
  },
  "the plan pauses": { annotations: { "serin.dev/steps": "10, pause" }, run: { step: 1, paused: true } },
};

describe("an order in flight", () => {
  for (const [when, parts] of Object.entries(waits)) {
    it(`to promote is obeyed at once, although ${when}`, () => {
      expect(recordIn(aRollout({ ...parts, held: aHeld({ asked: "promote" }) }))?.outcome).to.equal("proven");
    });

    it(`to abort is obeyed at once, although ${when}`, () => {
      expect(recordIn(aRollout({ ...parts, held: aHeld({ asked: "abort" }) }))?.outcome).to.equal("failed");
    });
  }

  it("to promote says that nothing was proven if the canary had no traffic", () => {
    const message = (weight: number, run = {}) =>
      recordIn(aRollout({ weight, run, held: aHeld({ asked: "promote" }) }))?.message;
    expect(message(10)).to.equal("proven at 10%: promoted on request");
    expect(message(0)).to.equal("promoted on request before it had any traffic");
    const lost = { course: [{ step: 0, weight: 10, at: AT_NOON }] };
    expect(message(0, lost), "after its pods were lost").to.equal("proven at 10%: promoted on request");
  });

  it("to promote is told while the user's pause keeps it from native control", () => {
    const said = (asked?: "promote") => {
      const deployment = aDeployment({ image: "web:2", paused: true });
      return decide(aSnapshot({ deployment, held: aHeld(asked && { asked }) })).condition?.message;
    };
    const paused = "the Deployment is paused: kubectl rollout resume deployment/web";
    expect(said()).to.match(new RegExp(`^${paused} starts the canary`));
    expect(said("promote")).to.match(new RegExp(`^${paused} promotes the new version`));
  });

  it("to promote ends the plan's pause, but not the user's", () => {
    const promoting = (paused: boolean) =>
      JSON.stringify(
        decide(
          aRollout({
            held: aHeld({ asked: "promote" }),
            run: { paused },
            deployment: aDeployment({ image: "web:2", paused: true }),
          }),
        ).writes,
      );
    expect(promoting(true)).to.contain('"path":"/spec/paused","value":false');
    expect(promoting(false)).not.to.contain("/spec/paused");
  });

  it("to abort is obeyed after the proof, as long as the hold is in force", () => {
    const proven = aRollout({ run: { outcome: "proven" }, held: aHeld({ asked: "abort" }) });
    expect(recordIn(proven)?.outcome).to.equal("failed");
  });

  it("to abort is obeyed while native control may not create the ReplicaSet", () => {
    const quota = {
      type: "Progressing",
      status: "False",
      reason: "ReplicaSetCreateError",
      message: "exceeded quota",
    } as const;
    const deployment = { ...aDeployment({ image: "web:2" }), status: { conditions: [quota] } };
    expect(decide(aSnapshot({ deployment })).condition?.message).to.equal(
      "waiting for the canary's ReplicaSet: exceeded quota; kubectl annotate deployment/web serin.dev/abort=2 ends the wait",
    );
    const aborted = JSON.stringify(decide(aSnapshot({ deployment, held: aHeld({ asked: "abort" }) })).writes);
    expect(aborted).to.contain(String.raw`\"phase\":\"failed\"`).and.to.contain("aborted on request");
    expect(aborted, "no pod exists").not.to.contain("One pod is kept");
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } as const;
    const failed = aSnapshot({
      held: aHeld({ phase: "failed" }),
      deployment: aDeployment({ image: "web:2", strategy }),
      services: [],
      routes: [],
    });
    expect(JSON.stringify(decide(failed).writes)).to.contain("before the canary had a ReplicaSet");
  });
});

describe("the plan's pause", () => {
  it("names the command that goes on, and the one that goes back: kubectl refuses to undo a paused Deployment", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "10, pause, 50" } });
    world.request("web", image("web:2"));
    world.run(60);
    const ways =
      "holding at 10%: paused by the plan: kubectl rollout resume deployment/web continues, kubectl annotate deployment/web serin.dev/abort=1 goes back";
    expect(world.decided?.condition?.message).to.equal(ways);
    expect(world.story.filter((line) => line === "CanaryPaused")).to.have.length(1);
    world.request("web", annotate("serin.dev/abort", "1"));
    world.run(20);
    expect(outcome(world, "web-h2")).to.equal("failed");
    expect(world.get("deployments", "web").spec.paused ?? false).to.equal(false);
  });
});
