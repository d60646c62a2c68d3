import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { startChurn } from "../../cluster/churn.ts";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { openScene, type Scene, type SceneOptions, start } from "./release.ts";

onEachGatewayAtOnce("a release that hardly anyone asks for", function (gateway) {
  this.timeout(180_000);
  const scenes: Scene[] = [];
  const open = async (title: string, options: SceneOptions) => {
    const scene = await openScene(title, { gateway, ...options });
    scenes.push(scene);
    return scene;
  };
  afterEach(() => Promise.all(scenes.splice(0).map(({ shop }) => shop.close())));

  it("is held, not failed, with no traffic and with one request a minute", async () => {
    const [none, few] = await Promise.all([
      open("none", { rps: 0, image: "app:v1" }),
      open("few", { rps: 1 / 60, image: "app:v1" }),
    ]);
    await Promise.all([none, few].map(({ shop }) => start(shop, "app:v2")));
    await Promise.all([none, few].map((scene) => staysHeld(scene, 10, 15_000)));
    const why = /^holding at 10%: no requests to either version for/;
    await none.shop.until("the reason reported", () => why.test(none.shop.condition()?.message ?? ""));
  });

  // Envoy draws for each request, so a weight brings its share however often the configuration changes.
  if (gateway !== "traefik") return;

  it("is held when it has a weight but gets no requests from the gateway", async () => {
    const scene = await open("stable-only", { rps: 30, steps: "1" });
    const { shop, load } = scene;
    // A gateway that restarts its turns at the stable version before the canary's turn comes, every 3 s: one request in 100.
    const { namespace } = shop;
    const churn = await startChurn(shop.cluster.api, namespace, { service: "web", everyMs: 750 });
    const backend = { service: { name: "web", port: { number: 80 } } };
    const spec = { defaultBackend: backend };
    const metadata = { name: "old" };
    await shop.apply(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec }));
    try {
      const from = await start(shop, "app:v2-err100");
      const why =
        /^holding at 1%: the canary receives no requests although its weight is 1.*Ingress old leads to Service web too/;
      await shop.until("held", () => why.test(shop.condition()?.message ?? ""), 120_000);
      expect(load.since(from).byVersion).to.not.have.property("v2");
      expect(shop.weight()).to.equal(1);
      expect(shop.record("v2-err100")?.outcome).to.equal("running");
    } finally {
      await churn.stop();
    }
  });
});

/** Waits until Serin holds it, and then watches it for a while. */
async function staysHeld({ shop }: Scene, weight: number, forMs: number): Promise<void> {
  await shop.until("held", () => shop.condition()?.reason === "Holding");
  const from = Date.now();
  await sleep(forMs);
  const reasons = shop
    .changesOf("deployments", from)
    .map(({ object }) => object.status?.conditions?.find(({ type }) => type === "Canary")?.reason);
  expect(new Set(reasons.filter((reason) => reason !== "Holding"))).to.deep.equal(new Set());
  expect(shop.condition()?.reason).to.equal("Holding");
  expect(shop.weight()).to.equal(weight);
}
