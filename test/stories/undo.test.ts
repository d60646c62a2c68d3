import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const FIELDS = [
  "minReadySeconds",
  "progressDeadlineSeconds",
  "revisionHistoryLimit",
  "strategy",
  "paused",
] as const;

onEachGateway("kubectl rollout undo at 50%", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("undo", { gateway });
  });
  afterEach(() => shop?.close());

  it("drains the canary first, loses no request and restores the user's fields", () => undoAtHalf(shop));

  it("does the same while no controller runs", async () => {
    const controllers = shop.cluster.kubelet.pods("serin-system", "controller");
    await undoAtHalf(shop, async () => {
      await Promise.all(
        controllers.map((pod) => shop.cluster.kubelet.keepDown("serin-system", pod, "controller")),
      );
      // Admission must not stop with the controller, however long this lasts.
      await shop.run(
        "wait",
        "deployment/serin-controller",
        "--namespace=serin-system",
        "--for=condition=Available=False",
        "--timeout=30s",
      );
      return () => {
        for (const pod of controllers) shop.cluster.kubelet.bringBack("serin-system", pod, "controller");
      };
    });
  });

  // The next tests are about field owners, so one gateway is enough.
  if (gateway !== "traefik") return;

  it("meets no conflict when server-side apply restores all manifests", async () => {
    const options = { plan: { "serin.dev/steps": "50:60s" } };
    const v1 = shop.manifests(options);
    await shop.apply(v1, "--server-side");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host());
    shop.load(200);
    for (const image of ["app:v2", "app:v3-err20"]) {
      await shop.apply(shop.manifests({ ...options, image }), "--server-side");
      if (image === "app:v2") await shop.weighs(50);
      else await shop.until("the verdict", () => shop.record("v3-err20")?.outcome === "failed");
      await shop.apply(v1, "--server-side");
      await shop.atRest();
      await shop.until(
        "everything restored",
        () => shop.stock.services.size === 1 && shop.weight() === undefined,
      );
    }
  });
});

async function undoAtHalf(shop: Shop, kill?: () => Promise<() => void>): Promise<void> {
  // A pod that ends this soon must have no traffic before, because the gateway may see its end later.
  await shop.deploy({ plan: { "serin.dev/steps": "50:60s" }, preStopSeconds: 1 });
  const was = pick(shop.deployment().spec);
  const load = shop.load(200);
  await shop.run("set", "image", "deployment/web", "app=app:v2");
  await shop.weighs(50);
  const bringBack = await kill?.();
  const canaries = new Set(shop.pods("v2").map((pod) => pod.metadata.name));

  const asked = Date.now();
  await shop.run("rollout", "undo", "deployment/web");
  const { code, stderr } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
  expect(code, stderr).to.equal(0);
  expect(pick(shop.deployment().spec)).to.deep.equal(was);

  await shop.until("the canary's pods gone", () => shop.pods("v2").length === 0);
  const drained = shop
    .changesOf("httproutes", asked)
    .find(({ object }) => !JSON.stringify(object.spec).includes('web-canary","port":80,"weight":1'));
  const deleted = shop
    .changesOf("pods", asked)
    .find(
      ({ object, type }) =>
        canaries.has(object.metadata.name) && (type === "DELETED" || object.metadata.deletionTimestamp),
    );
  expect(drained?.at, "when the weight was 0").to.be.below(deleted?.at ?? 0);

  bringBack?.();
  await shop.atRest();
  await shop.until(
    "everything restored",
    () => shop.stock.services.size === 1 && shop.weight() === undefined,
  );
  expect(shop.stock.services.get("web")?.spec.selector).to.deep.equal({ app: "web" });
  await shop.until("the record", () => shop.record("v2")?.outcome === "undone");
  await expectNoFailures(load);
  expect(load.since(0).byVersion.v2).to.be.above(0);
}

function pick(spec: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(FIELDS.map((field) => [field, spec[field]]));
}
