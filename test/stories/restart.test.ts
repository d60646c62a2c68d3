import { expect } from "chai";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { lastRunOf } from "../../rollout/workload/run-record.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

onEachGatewayAtOnce("serin.dev/restart: canary", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("restart", { gateway });
  });
  after(() => shop?.close());

  const revisionOf = ({ metadata }: ReplicaSet) =>
    metadata.annotations?.["deployment.kubernetes.io/revision"];
  const second = () => [...shop.stock.replicasets.values()].find((set) => revisionOf(set) === "2");

  it("makes kubectl rollout restart a canary, promotes it, and loses no request", async () => {
    const plan = {
      "serin.dev/restart": "canary",
      "serin.dev/steps": "20",
      "serin.dev/compare": "off",
      "serin.dev/checks": "success-rate >= 99%",
    };
    await shop.deploy({ interval: "5s", plan });
    const load = shop.load(300);
    const started = Date.now();
    await shop.run("rollout", "restart", "deployment/web");
    await shop.weighs(20);
    const canary = second();
    expect([canary?.spec.replicas, canary?.status?.availableReplicas ?? 0]).to.deep.equal([1, 0]);
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    await shop.until(
      "the record",
      () => second() !== undefined && lastRunOf(second() as ReplicaSet)?.outcome === "promoted",
    );
    expect(lastRunOf(second() as ReplicaSet)?.message).to.include("success-rate");
    expect(second()?.status?.availableReplicas).to.equal(5);
    expect(shop.peakPods(started), "the native surge of 25 %").to.be.at.most(5 + 2);
    await expectNoFailures(load);
  });
});
