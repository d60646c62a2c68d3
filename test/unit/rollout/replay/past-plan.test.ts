import { expect } from "chai";
import { RUN } from "../../../../rollout/keys.ts";
import { planOfRevision } from "../../../../rollout/replay/past-plan.ts";
import { awaitCanary } from "../../../../rollout/stages/prepare.ts";
import { formatRun, lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aHeld, aReplicaSet, aSnapshot } from "../../../support/builders.ts";
import { recordIn } from "../stages/routed.ts";

const defaults = [{ from: "profile", name: "slow", values: { interval: "5m", compare: "off" } }] as const;
const run: RunRecord = {
  ...{ started: AT_NOON, outcome: "promoted", step: 1, stepSince: AT_NOON, stable: "web1", message: "" },
  defaults: [...defaults],
};

describe("the plan of a rollout that has ended", () => {
  it("has the annotations that native control copied, and the defaults that its record keeps", () => {
    const annotations = { "serin.dev/rollout": "canary", "serin.dev/steps": "20", [RUN]: formatRun(run) };
    const plan = planOfRevision(aReplicaSet({ meta: { annotations } }));
    expect(plan.steps).to.deep.equal([{ kind: "weight", weight: 20, leastMs: 300_000 }]);
    expect(plan.compare).to.equal("off");
  });

  it("is recorded when the rollout begins", () => {
    const canary = aReplicaSet({ image: "web:2" });
    const held = aHeld({ defaults: [...defaults] });
    const { writes = [] } =
      awaitCanary(aSnapshot({ held, canary, replicaSets: [aReplicaSet(), canary] })) ?? {};
    expect(writes.flatMap((write) => recordIn([write]) ?? [])[0]?.defaults).to.deep.equal(defaults);
  });

  it("is that of Serin's defaults without any", () => {
    expect(planOfRevision(aReplicaSet()).compare).to.not.equal("off");
    expect(lastRunOf(aReplicaSet())).to.equal(undefined);
  });
});
