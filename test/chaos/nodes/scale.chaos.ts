import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { HEARD_MS, type Shop } from "../../stories/shop.ts";
import { together } from "../../stories/together.ts";
import { expectGranted, expectGrantedShares } from "../load/shares.ts";

const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
const RPS = 80;

onEachGateway("replicas in flight", function (gateway) {
  this.timeout(240_000);
  together(gateway, {
    "scaled to zero and back give 503 until the stable version is ready, and the canary waits for it": async (
      shop,
    ) => {
      const load = await open(shop, 5, { ...unjudged, "serin.dev/steps": "50:10m" });
      await update(shop, "v2");
      const from = await shop.weighs(50);
      const asked = await shop.answered(load, from, 400);
      expectGranted(load.between(from + HEARD_MS, asked), "v2", 0.5, 100);
      await scale(shop, 0);
      const gone = await shop.until("no pods", () => shop.pods("v1").length + shop.pods("v2").length === 0);
      await shop.until("the message", () =>
        /the Deployment is scaled to zero/.test(shop.condition()?.message ?? ""),
      );
      const quiet = await shop.answered(load, gone + HEARD_MS, 100);
      expect(load.between(gone + HEARD_MS, quiet).byStatus, "at zero").to.have.keys("503");

      const back = Date.now();
      await scale(shop, 5);
      const whole = await shop.until("the stable version whole", () => ready(shop, "v1") === 5);
      const again = await shop.weighs(50);
      const settled = Math.max(again, whole) + 2 * HEARD_MS;
      const to = await shop.answered(load, settled, 400);
      expectGranted(load.between(settled, to), "v2", 0.5, 300);
      expect(load.between(settled, to).failed, "failed afterwards").to.equal(0);
      expect(whole - back, "ms until the stable version was whole").to.be.below(10_000);
      expect(load.between(from, asked).failed, "failed before").to.equal(0);
      await shop.promote();
      expect(shop.pods("v2")).to.have.length(5);
      await expectNoFailures(load, to);
    },

    "of a single-pod Deployment never exceed two pods, through a good rollout and a bad one": async (
      shop,
    ) => {
      const load = await open(shop, 1, { ...unjudged, "serin.dev/steps": "25, 50" });
      let from = Date.now();
      await update(shop, "v2");
      await through(shop);
      expect(grantedTo(shop, from)).to.deep.equal([25, 50, 0]);
      expectGrantedShares(shop, load, "v2", { from, intervalMs: 4_000 });
      expect(shop.peakPods(from)).to.equal(2);

      const checks = ["serin.dev/checks=success-rate >= 95%", "serin.dev/steps=50:10m"];
      await shop.run("annotate", "deployment/web", "--overwrite", ...checks);
      from = Date.now();
      await update(shop, "v3-err50");
      await shop.until("the verdict", () => shop.record("v3-err50")?.outcome === "failed");
      await shop.until("its end", () => shop.weight() === undefined && shop.held()?.phase === "failed");
      const others = [...load.rows()].filter(({ status, version }) => status !== 200 && version !== "v3");
      expect(others, "failures of other versions").to.deep.equal([]);
      expect(shop.peakPods(from)).to.equal(2);
      await shop.run("rollout", "undo", "deployment/web");
      await shop.atRest();
      expect(shop.pods("v2")).to.have.length(1);
      expect(shop.peakPods(from)).to.equal(2);
      await expectNoFailures(load, await shop.answered(load, Date.now(), 80));
    },

    "that an autoscaler changes every two seconds leave the shares unchanged, and the rollout continues":
      async (shop) => {
        const load = await open(shop, 5, { ...unjudged, "serin.dev/steps": "25, 50" });
        const from = Date.now();
        await update(shop, "v2");
        const over = new AbortController();
        const scaling = keepScaling(shop, over.signal);
        await through(shop).finally(() => over.abort());
        expect(await scaling, "number of scalings").to.be.above(4);
        expect(grantedTo(shop, from)).to.deep.equal([25, 50, 0]);
        expectGrantedShares(shop, load, "v2", { from, intervalMs: 4_000 });
        await scale(shop, 4);
        await shop.until("4 pods", () => ready(shop, "v2") === 4 && shop.pods("v1").length === 0);
        await expectNoFailures(load);
      },
  });
});

async function open(shop: Shop, replicas: number, plan: Record<string, string>): Promise<Load> {
  await shop.deploy({ interval: "4s", replicas, plan });
  return shop.load(RPS);
}

function update(shop: Shop, tag: string): Promise<string> {
  return shop.run("set", "image", "deployment/web", `app=app:${tag}`);
}

function scale(shop: Shop, replicas: number): Promise<string> {
  return shop.run("scale", "deployment/web", `--replicas=${replicas}`);
}

/** Scales every two seconds until `signal` aborts; returns the number of scalings. */
async function keepScaling(shop: Shop, signal: AbortSignal): Promise<number> {
  for (let times = 0; ; times += 1) {
    if (signal.aborted) return times;
    await scale(shop, [8, 3, 6, 2, 9, 4][times % 6] ?? 5);
    await sleep(2_000, undefined, { signal }).catch(() => {});
  }
}

/** Waits for the last step, then for the end of the rollout. */
async function through(shop: Shop): Promise<void> {
  await shop.until("50%", () => shop.weight() === 50, 90_000);
  await shop.atRest();
}

function ready(shop: Shop, tag: string): number {
  return shop.replicaSet(tag)?.status?.readyReplicas ?? 0;
}
