import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { cluster, describeCluster } from "../../cluster/fixture.ts";
import { builtIn } from "../../cluster/gateways.ts";
import { wrongLabels } from "../../cluster/prometheus.ts";
import { openScene, type Scene, type SceneOptions, start } from "./release.ts";

const AWAY_MS = 15_000;

// Both gateways at once, because an outage is one for all of the cluster.
describeCluster("a release while the metrics fail, on each gateway", function () {
  this.timeout(180_000);
  const scenes: Scene[] = [];
  const onEach = async (title: string, options: SceneOptions, act: (scene: Scene) => Promise<unknown>) => {
    const played = builtIn.map(async (gateway) => {
      const scene = await openScene(title, { gateway, ...options });
      scenes.push(scene);
      await act(scene);
    });
    // All of them, so that the end of the test closes each.
    await Promise.allSettled(played);
    await Promise.all(played);
  };
  const each = (act: (scene: Scene) => Promise<unknown>) => Promise.all(scenes.map(act));
  afterEach(() => Promise.all(scenes.splice(0).map(({ shop }) => shop.close())));

  it("is held without Prometheus, continues with the evidence it had, and is promoted", async () => {
    const began = new Map<Scene, number>();
    // The step lasts until Prometheus is away, however long the other gateway takes for its requests.
    await onEach("away", { rps: 200, steps: "50", interval: "1h" }, async (scene) => {
      const from = await start(scene.shop, "app:v2-err0.1");
      await scene.shop.answered(scene.load, from, 1_000);
      began.set(scene, from);
    });
    const { prometheus } = await cluster();
    await prometheus.stop();
    try {
      const isHeld = ({ shop }: Scene) =>
        /^holding at 50%: .*Prometheus at \S+ cannot be reached/.test(shop.condition()?.message ?? "");
      await each(async (scene) => {
        await scene.shop.run("annotate", "deployment/web", "serin.dev/interval=10s", "--overwrite");
        await scene.shop.until("held", () => isHeld(scene));
      });
      await sleep(AWAY_MS);
      await each(async (scene) => {
        const { shop } = scene;
        expect(isHeld(scene), shop.condition()?.message).to.equal(true);
        expect(shop.condition()).to.include({ status: "Unknown", reason: "Holding" });
        expect(shop.record("v2-err0.1")?.outcome).to.equal("running");
      });
    } finally {
      await prometheus.start();
    }
    await each(async (scene) => {
      const { shop, load } = scene;
      const proven = await shop.until("proven", () => shop.record("v2-err0.1")?.outcome !== "running");
      await shop.until("promoted", () => shop.record("v2-err0.1")?.outcome === "promoted");
      const reported = await reportedAtPromotion(scene);

      // Counters keep counting, so the verdict covers the time before the outage and during it.
      const { byVersion } = load.between(began.get(scene) ?? 0, proven);
      expect(reported, `requests of the canary in the verdict, on ${shop.gateway}`).to.be.within(
        0.7 * (byVersion.v2 ?? 0),
        byVersion.v2 ?? 0,
      );
    });
  });

  it("is held if the gateway's metrics have other labels, with a message that points to the labels", async () => {
    const { prometheus } = await cluster();
    await prometheus.relabel(wrongLabels);
    try {
      // With a name that Prometheus has never seen with the right labels.
      await onEach("labels", { rps: 100, image: "app:v1-err0.1", steps: "10" }, async ({ shop, load }) => {
        await shop.run("set", "image", "deployment/web", "app=app:v2-err0.1");
        // It may have been held before: the first weight waits for the gateway's counters.
        const from = await shop.until("held", () => shop.condition()?.message?.startsWith("holding at 10%"));
        await shop.answered(load, from, 2_000);
        expect(shop.condition()?.message)
          .to.match(/^holding at 10%: .*Prometheus has no series of these backends/)
          .and.match(/labels/);
        expect(shop.weight()).to.equal(10);
        expect(shop.record("v2-err0.1")?.outcome).to.equal("running");
        expect(load.since(from).byVersion).to.include.keys("v1", "v2");
      });
    } finally {
      await prometheus.relabel([]);
    }
  });
});

/** How many of the canary's requests the promotion rests on, as its event tells. */
async function reportedAtPromotion({ shop }: Scene): Promise<number> {
  const path = "-o=jsonpath={.items[*].message}";
  const message = await shop.run("get", "events", "--field-selector=reason=Promoted", path);
  const [, requests] = /canary \d+ of (\d+) requests failed/.exec(message) ?? [];
  expect(requests, message).to.not.equal(undefined);
  return Number(requests);
}
