import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { AT_NOON, aHeld, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { aShop, image } from "../../../support/shop.ts";

/** What the release of the hold writes, if native control last saw progress so long ago (s) and the user's deadline is 600 s. */
function writesAt(ageSeconds: number, condition: Partial<Condition> = {}) {
  const rollout = aRollout({ run: { outcome: "proven" }, routes: [], services: [] });
  const lastUpdateTime = instant(NOON - ageSeconds * 1_000);
  const progressing = { type: "Progressing", status: "True", lastUpdateTime, ...condition } as const;
  const deployment = { ...rollout.deployment, status: { conditions: [progressing] } };
  return decide({ ...rollout, now: NOON, deployment }).writes;
}
const verbs = (...given: Parameters<typeof writesAt>) => writesAt(...given).map(({ verb }) => verb);

describe("the release of the hold", () => {
  it("leaves native control's deadline alone while most of it is left", () => {
    expect(verbs(299)).to.deep.equal(["json"]);
  });

  it("renews the deadline first when half of it is over, or when native control says that it is over", () => {
    const renewed = ["strategic", "json"];
    expect(verbs(300)).to.deep.equal(renewed);
    expect(verbs(1, { status: "False", reason: "ProgressDeadlineExceeded" })).to.deep.equal(renewed);
    const body = { conditions: [{ type: "Progressing", status: "True", lastUpdateTime: instant(NOON) }] };
    expect(writesAt(300)[0]).to.have.property("body").that.containSubset({ status: body });
  });
});

describe("the condition of the promotion", () => {
  it("comes while the gateway has not followed yet, also if all pods are there", () => {
    const world = aShop({ annotations: { "serin.dev/settle": "60s" } });
    world.request("web", image("web:2"));
    const isPromoting = () => holdRecordOf(world.get("deployments", "web"))?.phase === "promoting";
    for (let i = 0; i < 200 && !isPromoting(); i += 1) world.run(1);
    world.run(2);
    expect(world.decided?.condition?.reason).to.equal("Promoting");
  });
});

describe("a promotion that stands still", () => {
  const run = { outcome: "proven", message: "proven at 50%: why" } as const;
  const said = (reason: string) => {
    const pods = [
      {
        metadata: { name: "web-x", creationTimestamp: AT_NOON },
        status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes" } as const] },
      },
    ];
    const rollout = aRollout({ run, pods, routes: [], services: [], held: aHeld({ phase: "promoting" }) });
    const progressing = { type: "Progressing", status: "False", reason } as const;
    const status = { conditions: [progressing] };
    return decide({ ...rollout, deployment: { ...rollout.deployment, status } }).condition?.message;
  };

  it("says so at the user's own deadline, with the pod's reason and the way back", () => {
    expect(said("ReplicaSetUpdated")).to.equal("proven at 50%: why");
    expect(said("ProgressDeadlineExceeded")).to.match(
      /^proven at 50%: why\. Now the rolling update makes no progress: pod web-x: the scheduler finds no node: 0\/3 nodes; kubectl rollout undo deployment\/web.* goes back$/,
    );
  });
});

describe("the Event of the promotion", () => {
  it("names the weights that the canary had", () => {
    const told = (...weights: number[]) => {
      const course = weights.map((weight, step) => ({ step, weight, at: AT_NOON }));
      const run = { outcome: "proven", message: "proven at 50%: why", course } as const;
      const rollout = aRollout({ run, routes: [], services: [], held: aHeld({ phase: "promoting" }) });
      const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
      const { writes } = decide({ ...rollout, deployment: { ...rollout.deployment, status } });
      return writes.flatMap((write) => (write.verb === "event" ? [write.message] : []));
    };
    expect(told(0, 10, 25, 25, 50)).to.deep.equal(["web2 serves: 10→25→50%, proven at 50%: why"]);
    for (const few of [[], [50]]) expect(told(...few)).to.deep.equal(["web2 serves: proven at 50%: why"]);
  });
});
