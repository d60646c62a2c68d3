import { expect } from "chai";
import { cluster, describeCluster, onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { builtIn } from "../cluster/gateways.ts";
import type { Load } from "../cluster/load.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const FIELDS = [
  "minReadySeconds",
  "progressDeadlineSeconds",
  "revisionHistoryLimit",
  "strategy",
  "paused",
] as const;

onEachGatewayAtOnce("kubectl rollout undo at 50%", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("undo", { gateway });
  });
  afterEach(() => shop?.close());

  it("drains the canary first, loses no request and restores the user's fields; a dry run before succeeds and drains nothing", async () => {
    const flight = await flyAtHalf(shop);
    const objects = () => Promise.all([shop.manifest("deployments"), shop.manifest("httproutes")]);
    const before = await objects();
    // Flux begins with a dry run, and repeats it until it succeeds.
    await shop.run("rollout", "undo", "deployment/web", "--dry-run=server");
    expect(await objects()).to.deep.equal(before);
    await undo(flight);
    await expectRestored(flight);
  });

  // The next test is about field owners, so one gateway is enough.
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

// After the others, because they need a controller.
describeCluster("kubectl rollout undo at 50% while no controller runs, on each gateway", function () {
  this.timeout(240_000);
  let shops: readonly Shop[] = [];
  beforeEach(async () => {
    shops = await Promise.all(builtIn.map((gateway) => Shop.open("undo", { gateway })));
  });
  afterEach(() => Promise.all(shops.map((shop) => shop.close())));

  it("drains the canary first, loses no request and restores the user's fields", async () => {
    const flights = await Promise.all(shops.map(flyAtHalf));
    const { kubectl, kubelet } = await cluster();
    const controllers = kubelet.pods("serin-system", "controller");
    await Promise.all(controllers.map((pod) => kubelet.keepDown("serin-system", pod, "controller")));
    try {
      // Admission must not stop with the controller, however long this lasts.
      const unavailable = ["--for=condition=Available=False", "--timeout=30s"];
      const { code, stderr } = await kubectl(["wait", "deployment/serin-controller", ...unavailable], {
        namespace: "serin-system",
      });
      expect(code, stderr).to.equal(0);
      await Promise.all(flights.map(undo));
    } finally {
      for (const pod of controllers) kubelet.bringBack("serin-system", pod, "controller");
    }
    await Promise.all(flights.map(expectRestored));
  });
});

/** A rollout at 50 %, and what the user wrote. */
interface Flight {
  readonly shop: Shop;
  readonly load: Load;
  readonly was: Record<string, unknown>;
}

async function flyAtHalf(shop: Shop): Promise<Flight> {
  // A pod that ends this soon must have no traffic before, because the gateway may see its end later.
  await shop.deploy({ plan: { "serin.dev/steps": "50:60s" }, preStopSeconds: 1 });
  const was = pick(shop.deployment().spec);
  const load = shop.load(200);
  await shop.run("set", "image", "deployment/web", "app=app:v2");
  await shop.weighs(50);
  return { shop, load, was };
}

/** Undoes it, and expects that the canary has no traffic before its pods end. */
async function undo({ shop, was }: Flight): Promise<void> {
  const canaries = new Set(shop.pods("v2").map((pod) => pod.metadata.name));
  const asked = Date.now();
  await shop.run("rollout", "undo", "deployment/web");
  const { code, stderr } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
  expect(code, stderr).to.equal(0);
  // The history is held until the end, because the canary's ReplicaSet has the record.
  const { revisionHistoryLimit: _kept, ...restored } = pick(shop.deployment().spec);
  expect(was).to.deep.include(restored);

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
}

/** Expects that Serin restores what the user wrote, and that no request was lost. */
async function expectRestored({ shop, load, was }: Flight): Promise<void> {
  await shop.atRest();
  expect(pick(shop.deployment().spec)).to.deep.equal(was);
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
