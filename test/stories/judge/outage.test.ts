import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import { wrongLabels } from "../../cluster/prometheus.ts";
import { openScene, type Scene, start } from "./release.ts";

const AWAY_MS = 15_000;

onEachGateway("a release while the metrics fail", function (gateway) {
  this.timeout(180_000);
  let scene: Scene | undefined;
  afterEach(async () => {
    await scene?.shop.close();
    scene = undefined;
  });

  it("is held without Prometheus, continues with the evidence it had, and is promoted", async () => {
    scene = await openScene("away", { gateway, rps: 200, steps: "50", interval: "10s" });
    const { shop, load } = scene;
    const { prometheus } = shop.cluster;
    const from = await start(shop, "app:v2-err0.1");
    await shop.answered(load, from, 1_000);
    await prometheus.stop();
    try {
      await sleep(AWAY_MS);
      expect(shop.condition()).to.include({ status: "Unknown", reason: "Holding" });
      expect(shop.condition()?.message).to.match(/^holding at 50%: .*Prometheus at \S+ cannot be reached/);
      expect(shop.record("v2-err0.1")?.outcome).to.equal("running");
    } finally {
      await prometheus.start();
    }
    const proven = await shop.until("proven", () => shop.record("v2-err0.1")?.outcome !== "running");
    const reported = await reportedAtPromotion(scene);
    await shop.until("promoted", () => shop.record("v2-err0.1")?.outcome === "promoted");

    // Counters keep counting, so the verdict covers the time before the outage and during it.
    const { byVersion } = load.between(from, proven);
    expect(reported, "requests of the canary in the verdict").to.be.at.least(0.7 * (byVersion.v2 ?? 0));
    expect(reported).to.be.at.most(byVersion.v2 ?? 0);
  });

  it("is held if the gateway's metrics have other labels, with a message that points to the labels", async () => {
    scene = await openScene("labels", { gateway, rps: 0 });
    const { shop } = scene;
    const { prometheus } = shop.cluster;
    await prometheus.relabel(wrongLabels);
    try {
      // With a name that Prometheus has never seen with the right labels.
      await shop.deploy({ name: "late", image: "app:v1-err0.1", plan: { "serin.dev/steps": "10" } });
      const load = shop.load(100, "late");
      await shop.run("set", "image", "deployment/late", "app=app:v2-err0.1");
      const holds = () => shop.condition("Canary", "late")?.reason === "Holding";
      const from = await shop.until("held", holds);
      await shop.answered(load, from, 2_000);
      const message = shop.condition("Canary", "late")?.message;
      expect(message).to.match(/^holding at 10%: .*Prometheus has no series of these backends/);
      expect(message).to.match(/labels/);
      expect(shop.weight("late")).to.equal(10);
      expect(shop.record("v2-err0.1", "late")?.outcome).to.equal("running");
      expect(load.since(from).byVersion).to.include.keys("v1", "v2");
    } finally {
      await prometheus.relabel([]);
    }
  });
});

/** How many of the canary's requests the promotion rests on, as its event tells. */
async function reportedAtPromotion({ shop }: Scene): Promise<number> {
  const path = "-o=jsonpath={.items[*].message}";
  const message = await shop.run("get", "events", "--field-selector=reason=CanaryProven", path);
  const [, requests] = /canary \d+ of (\d+) requests failed/.exec(message) ?? [];
  expect(requests, message).to.not.equal(undefined);
  return Number(requests);
}
