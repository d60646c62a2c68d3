import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { conditionOf } from "../../../kube/core/meta.ts";
import { startChurn } from "../../cluster/churn.ts";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { Shop } from "../shop.ts";
import { openScene, type Scene, type SceneOptions, start } from "./release.ts";

onEachGatewayAtOnce("a release that hardly anyone asks for", function (gateway) {
  this.timeout(240_000);
  const scenes: Scene[] = [];
  const shops: Shop[] = [];
  const open = async (title: string, options: SceneOptions) => {
    const scene = await openScene(title, { gateway, ...options });
    scenes.push(scene);
    return scene;
  };
  afterEach(() =>
    Promise.all(
      [...shops.splice(0), ...scenes.splice(0).map(({ shop }) => shop)].map((shop) => shop.close()),
    ),
  );

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

  it("is held beyond the deadline while its route gives it a weight of 0, and judged once it has users", async () => {
    const shop = await Shop.open("colors", { gateway });
    shops.push(shop);
    await shop.deploy({ name: "blue", image: "app:b1", replicas: 2 });
    const green = { name: "green", replicas: 2, interval: "5s", plan: { "serin.dev/steps": "50" } };
    const { items } = JSON.parse(shop.manifests(green));
    const [deployment, service] = items;
    await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: [deployment, service] }));
    const weigh = (weight: number) => {
      const value = [
        { name: "blue", port: 80, weight: 100 - weight },
        { name: "green", port: 80, weight },
      ];
      const patch = [{ op: "replace", path: "/spec/rules/0/backendRefs", value }];
      return shop.run("patch", "httproute/blue", "--type=json", "--patch", JSON.stringify(patch));
    };
    const giveDeadline = (seconds: number) =>
      shop.run("patch", "deployment/green", "-p", `{"spec":{"progressDeadlineSeconds":${seconds}}}`);
    await weigh(0);
    await shop.run("rollout", "status", "deployment/green", "--timeout=60s");
    const load = shop.load(60, "blue");
    const why = `HTTPRoute ${shop.namespace}/blue gives Service green a weight of 0`;
    const said = await shop.kubectl("set", "image", "deployment/green", "app=app:v2");
    expect(said.stderr).to.include(`${why}: neither version has requests until the route's owner raises it`);
    const since = await shop.until("the weight", () => shop.weight("green", "blue") === 50);
    // Not earlier: the pods may need longer to become ready.
    await giveDeadline(20);
    await shop.answered(load, since + 30_000, 60);
    const reason = `holding at 50%: no requests to either version: ${why}`;
    const message = () => shop.condition("Canary", "green")?.message;
    await shop.until("the reason reported", () => message()?.includes(reason));
    expect(shop.record("v2", "green")?.outcome).to.equal("running");
    expect(load.since(since).byVersion).to.have.all.keys("b1");
    // From now on there are requests, and time to count them.
    await giveDeadline(600);
    await weigh(100);
    await shop.until("the promotion", () => shop.record("v2", "green")?.outcome === "promoted", 120_000);
    const { failed, byVersion } = await load.stop();
    expect(failed).to.equal(0);
    expect(byVersion).to.have.all.keys("b1", "v1", "v2");
  });

  // Only Contour has such objects.
  if (gateway === "contour")
    it("is held, not failed, while an HTTPProxy brings the stable version the only requests", async () => {
      const { shop } = await open("proxied", { rps: 0, image: "app:v1", steps: "50", interval: "5s" });
      const fqdn = `proxied.${shop.namespace}.example`;
      const spec = {
        virtualhost: { fqdn },
        routes: [{ conditions: [{ prefix: "/" }], services: [{ name: "web", port: 80 }] }],
      };
      const metadata = { name: "old" };
      await shop.apply(
        JSON.stringify({ apiVersion: "projectcontour.io/v1", kind: "HTTPProxy", metadata, spec }),
      );
      await shop.serves(fqdn);
      const load = shop.load(30, "proxied");
      const since = await start(shop, "app:v2");
      // Not earlier: the pods may need longer to become ready.
      await shop.run("patch", "deployment/web", "-p", '{"spec":{"progressDeadlineSeconds":15}}');
      const why =
        /^holding at 50%: the canary receives no requests although its weight is 50.*HTTPProxy old leads to Service web too/;
      await shop.until("held", () => why.test(shop.condition()?.message ?? ""));
      await shop.answered(load, since + 25_000, 30);
      expect(shop.record("v2")?.outcome).to.equal("running");
      const { failed, byVersion } = await load.stop();
      expect(failed).to.equal(0);
      expect(byVersion).to.have.all.keys("v1");
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

/** Waits until Serin holds it at that weight, and then watches it for a while. */
async function staysHeld({ shop }: Scene, weight: number, forMs: number): Promise<void> {
  // It may have been held before: the first weight waits for the gateway's counters.
  const isHeld = () => shop.condition()?.message?.startsWith(`holding at ${weight}%`);
  await shop.until("held", isHeld);
  const from = Date.now();
  await sleep(forMs);
  const told = shop
    .changesOf("deployments", from)
    .map(({ object }) => conditionOf(object.status?.conditions, "Canary")?.message ?? "");
  expect(told.filter((message) => !message.startsWith(`holding at ${weight}%`))).to.deep.equal([]);
  expect(isHeld()).to.equal(true);
  expect(shop.weight()).to.equal(weight);
}
