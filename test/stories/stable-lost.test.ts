import { setTimeout as timer } from "node:timers/promises";
import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const PLAN = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
/** How long (ms) the Services may have no endpoint after the stable ReplicaSet is deleted. */
const SERVED_MS = 5_000;

/** What the story reads of an EndpointSlice. */
interface Slice {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

onEachGatewayAtOnce("the stable ReplicaSet", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("stable", { gateway });
    await shop.deploy({ plan: PLAN });
    await patch({ revisionHistoryLimit: 0 });
  });
  afterEach(() => shop?.close());

  const patch = (spec: object) =>
    shop.run("patch", "deployment/web", "--type=merge", `--patch=${JSON.stringify({ spec })}`);
  const limit = () => shop.deployment().spec.revisionHistoryLimit;
  const scale = (replicas: number) => shop.run("scale", "deployment/web", `--replicas=${replicas}`);
  const update = async () => {
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(20);
  };

  it("outlives a scale to zero after a failure, although the user keeps no history", async () => {
    await update();
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("the failure", () => shop.condition()?.reason === "RolledBack");
    await scale(0);
    await shop.until("no pods", () => shop.pods("v1").length + shop.pods("v2").length === 0);
    await shop.until("the zero observed", () => {
      const { metadata, status } = shop.deployment();
      return status?.observedGeneration === metadata.generation && (status?.replicas ?? 0) === 0;
    });
    // Native control would delete it in this time.
    await timer(5_000);
    expect(shop.replicaSet("v1"), "the stable ReplicaSet").to.not.equal(undefined);

    await scale(5);
    await shop.until("the stable pods", () => shop.replicaSet("v1")?.status?.readyReplicas === 5);
    await shop.serves(shop.host());
    const load = shop.load(100);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.atRest();
    await shop.until("the record of v2 gone with its ReplicaSet", () => shop.replicaSet("v2") === undefined);
    expect(limit()).to.equal(0);
    expect(shop.pods("v1")).to.have.length(5);
    await expectNoFailures(load);
  });

  it("is deleted in flight: the canary serves within 5 s, the condition says so, and promote works", async () => {
    await update();
    const name = shop.replicaSet("v1")?.metadata.name ?? "";
    const path = `/apis/apps/v1/namespaces/${shop.namespace}/replicasets/${name}`;
    const { api } = shop.cluster;
    // Not by kubectl, whose own time would count as well.
    const deleted = Date.now();
    await api.demand("DELETE", path);
    await shop.until(
      "the Service restored",
      () => "app" in selector() && Object.keys(selector()).length === 1,
    );
    while ((await endpoints()) === 0) await timer(100);
    expect(Date.now() - deleted, "ms until the Service has an endpoint").to.be.below(SERVED_MS);

    await shop.until("the condition", () => shop.condition()?.reason === "StableLost");
    expect(shop.condition()?.message).to.include(`serin.dev/promote=${shop.revision()} keeps this version`);
    await shop.until("the route restored", () => shop.weight() === undefined);
    await shop.until("the canary Service gone", () => !shop.stock.services.has("web-canary"));
    const events = await shop.run("get", "events", "--field-selector=reason=StableLost", "-o=name");
    expect(events.trim().split("\n")).to.have.length(1);
    await shop.until("the loss noted", () => shop.held()?.lost);
    await shop.until("all pods of v2", () => shop.replicaSet("v2")?.status?.readyReplicas === 5);
    await shop.serves(shop.host());

    const load = shop.load(100);
    await shop.promote();
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    // Serin ends the rollout at the Deployment first.
    await shop.until("the record", () => shop.record("v2")?.outcome === "promoted");
    expect(limit()).to.equal(0);
    await expectNoFailures(load);
  });

  const selector = () => shop.stock.services.get("web")?.spec.selector ?? {};
  /** The ready endpoints of the Service. */
  const endpoints = async () => {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${shop.namespace}/endpointslices`;
    const { items } = await shop.cluster.api.demand<{ items: readonly Slice[] }>(
      "GET",
      `${path}?labelSelector=kubernetes.io/service-name=web`,
    );
    const all = items.flatMap((slice) => slice.endpoints ?? []);
    return all.filter(({ conditions }) => conditions?.ready === true).length;
  };
});
