import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { followed } from "../../stories/followed.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { HEARD_MS, type Shop, type ShopApp } from "../../stories/shop.ts";
import { together } from "../../stories/together.ts";
import { expectGranted } from "../load/shares.ts";
import { addNode, bindTo, loseNode, podsOn, remove, setReady } from "./nodes.ts";

const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
const half = { ...unjudged, "serin.dev/steps": "50:10m" };
const RPS = 60;
/** Long, because a gateway on a busy machine follows late, and a pod that ends before loses requests in any cluster. */
const PRE_STOP_SECONDS = 10;

onEachGateway("a loss of nodes and pods in flight", function (gateway) {
  this.timeout(240_000);
  together(gateway, {
    "of the node of all canary pods returns their share to the stable version until they are back": async (
      shop,
    ) => {
      const node = `${shop.namespace}-node`;
      await addNode(shop, node);
      const load = await open(shop, { plan: half });
      await update(shop, "v2", bindTo(shop));
      await steady(shop, load);
      const lost = Date.now();
      expect(await loseNode(shop, node)).to.equal(2);
      const taken = await shop.until("weight 0", () => shop.weight() === 0);
      await shop.until("the message", () =>
        /waiting for ready canary pods, 0 of 2 so far/.test(message(shop)),
      );
      const since = await followed(shop);
      const quiet = await shop.answered(load, since, 100);
      expect(load.between(since, quiet).failed, "failed after weight 0").to.equal(0);
      expect(taken - lost, "ms until weight 0").to.be.below(3_000);

      await addNode(shop, node);
      await steady(shop, load);
      await promoted(shop);
      await expectNoFailures(load, quiet);
    },

    "of a node with pods of both versions leaves the rest serving": async (shop) => {
      const nodes = ["a", "b"].map((name) => `${shop.namespace}-${name}`);
      for (const node of nodes) await addNode(shop, node);
      const load = await open(shop, { plan: half }, bindTo(shop));
      await update(shop, "v2");
      await steady(shop, load);
      expect(await loseNode(shop, nodes[0] ?? "")).to.be.within(2, 4);
      await shop.until("all pods again", () => ready(shop, "v1") === 4 && ready(shop, "v2") === 2);
      const since = await followed(shop);
      await steady(shop, load, since);
      await promoted(shop);
      await expectNoFailures(load, since);
    },

    "of contact to a node, whose pods become unready and stay deleted, causes no verdict however old they are":
      async (shop) => {
        const node = `${shop.namespace}-node`;
        await addNode(shop, node);
        await addNode(shop, `${node}-2`);
        const load = await open(shop, { plan: half });
        await shop.run("patch", "deployment/web", `--patch={"spec":{"progressDeadlineSeconds":8}}`);
        await update(shop, "v2", bindTo(shop));
        await steady(shop, load);
        const old = Date.parse(shop.pods("v2")[0]?.metadata.creationTimestamp ?? "") + 10_000;
        await shop.answered(load, old, 1);
        const silent = podsOn(shop, node);
        expect(silent).to.have.length(1);
        for (const pod of silent) await setReady(shop, pod, false);
        await shop.until("the message", () =>
          /waiting for ready canary pods, 1 of 2 so far/.test(message(shop)),
        );
        await shop.answered(load, Date.now(), 120);
        // Without a node, no kubelet would end the pods.
        await shop.cluster.api.demand("DELETE", `/api/v1/nodes/${node}`);
        for (const pod of silent) await remove(shop, pod);
        await shop.until("a new pod", () => ready(shop, "v2") === 2);
        expect(shop.stock.pods.has(silent[0]?.metadata.name ?? ""), "that the old pod still exists").to.equal(
          true,
        );
        await steady(shop, load);
        await promoted(shop);
        await expectNoFailures(load);
      },

    "of pods by drains under a PodDisruptionBudget loses no request": async (shop) => {
      const load = await open(shop, { plan: half });
      const budget = { minAvailable: 4, selector: { matchLabels: { app: "web" } } };
      const meta = { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web" } };
      await shop.apply(JSON.stringify({ ...meta, spec: budget }));
      await update(shop, "v2");
      await steady(shop, load);
      const asked = Date.now();
      const whole = () => ready(shop, "v1") === 4 && ready(shop, "v2") === 2;
      // Evicts the stable pods as fast as the budget allows. The budget counts the pods of both versions together and would
      // allow all canary pods at once, so these go one after the other, as in the drain of one node after another.
      for (const pod of shop.pods("v1")) await evict(shop, pod.metadata.name);
      for (const pod of shop.pods("v2")) {
        await shop.until("all pods again", whole);
        await evict(shop, pod.metadata.name);
        await shop.until("the eviction", () => !whole());
      }
      await shop.until("all pods again", whole);
      await steady(shop, load, asked);
      await promoted(shop);
      await expectNoFailures(load);
    },
  });
});

/** Deploys four replicas under load; `spec` is added to their pods' spec. */
async function open(shop: Shop, app: ShopApp, spec: object = {}): Promise<Load> {
  const list = JSON.parse(
    shop.manifests({ interval: "3s", replicas: 4, preStopSeconds: PRE_STOP_SECONDS, ...app }),
  );
  Object.assign(list.items[0].spec.template.spec, spec);
  await shop.apply(JSON.stringify(list));
  await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  await shop.serves(shop.host());
  return shop.load(RPS);
}

/** Sets another version and, with `spec`, other nodes. */
function update(shop: Shop, tag: string, spec: object = {}): Promise<string> {
  const containers = [{ name: "app", image: `app:${tag}` }];
  const patch = { spec: { template: { spec: { ...spec, containers } } } };
  return shop.run("patch", "deployment/web", `--patch=${JSON.stringify(patch)}`);
}

/** Waits until the canary has half of the requests. */
async function steady(shop: Shop, load: Load, since = 0): Promise<void> {
  const from = Math.max(await shop.weighs(50), since) + HEARD_MS;
  expectGranted(load.between(from, await shop.answered(load, from, 200)), "v2", 0.5, 150);
}

async function promoted(shop: Shop): Promise<void> {
  await shop.promote();
  expect(shop.pods("v2")).to.have.length(4);
}

/** Evicts a pod; tries again while the budget refuses. */
async function evict(shop: Shop, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${shop.namespace}/pods/${name}/eviction`;
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: shop.namespace } };
  for (let tries = 0; tries < 100; tries += 1) {
    const { status } = await shop.cluster.request("POST", path, body);
    if (status < 300 || status === 404) return;
    expect(status).to.equal(429);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the budget still refuses to evict pod ${name}`);
}

function message(shop: Shop): string {
  return shop.condition()?.message ?? "";
}

function ready(shop: Shop, tag: string): number {
  return shop.replicaSet(tag)?.status?.readyReplicas ?? 0;
}
