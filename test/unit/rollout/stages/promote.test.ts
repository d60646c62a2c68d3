import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { NOON } from "../../../support/builders.ts";
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
