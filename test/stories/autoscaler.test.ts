import { expect } from "chai";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
onEachGatewayAtOnce("a HorizontalPodAutoscaler in flight", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("autoscaler", { gateway });
  });
  after(() => shop?.close());

  it("scales both versions, 5 to 10 to 4: the share stays, no request fails; Serin warns of one that scales on memory", async () => {
    await shop.deploy({ interval: "2s", plan });
    await shop.apply(autoscaler("memory", 5, 12));
    const load = shop.load(100);
    const { stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
    expect(stderr).to.match(
      /Warning: serin: HorizontalPodAutoscaler web scales on memory, .* maxReplicas 12/,
    );
    const from = await shop.weighs(20);
    await shop.apply(autoscaler("memory", 10, 12));
    await shop.until("10 + 2", () => sizes(shop) === "10+2");
    await shop.apply(autoscaler("cpu", 2, 4));
    await shop.until("4 + 1", () => sizes(shop) === "4+1");
    const to = await shop.counted(load, from, 4_000);
    expectShare(load.between(from, to), "v2", 0.2);
    await shop.promote();
    expect(shop.deployment().spec.replicas).to.equal(4);
    expect(shop.pods("v2")).to.have.length(4);
    const again = await shop.kubectl("set", "image", "deployment/web", "app=app:v3");
    expect(again.stderr).to.include("Warning: serin: canary").and.not.include("Autoscaler");
    await shop.weighs(20);
    await shop.apply(autoscaler("cpu", 7, 12));
    await shop.until("7 + 2", () => sizes(shop, "v2", "v3") === "7+2");
    const scaled = Date.now();
    await shop.apply(autoscaler("cpu", 10, 12));
    await shop.until("10 + 2", () => sizes(shop, "v2", "v3") === "10+2");
    // Native control rounds to 9 + 3 first.
    expect(shop.peakPods(scaled)).to.be.at.most(10 + 3);
    await shop.promote();
    await expectNoFailures(load);
  });

  function autoscaler(metric: "cpu" | "memory", minReplicas: number, maxReplicas: number): string {
    return JSON.stringify({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web", namespace: shop.namespace },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas,
        maxReplicas,
        metrics: [
          {
            type: "Resource",
            resource: { name: metric, target: { type: "Utilization", averageUtilization: 80 } },
          },
        ],
      },
    });
  }
});

/** Pods that the two versions should have, once all of them are ready: `5+1`. */
function sizes(shop: Shop, stable = "v1", canary = "v2"): string {
  const size = (set: ReplicaSet | undefined) => {
    const { spec, status } = set ?? {};
    return (spec?.replicas ?? 0) === (status?.readyReplicas ?? 0) ? String(spec?.replicas) : "not ready";
  };
  return `${size(shop.replicaSet(stable))}+${size(shop.replicaSet(canary))}`;
}
