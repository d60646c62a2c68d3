import { expect } from "chai";
import type { Cluster } from "../../cluster/cluster.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { grants } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";

const FIVE_MINUTES_MS = 300_000;
const PLAN = { "serin.dev/steps": "50:8s", "serin.dev/compare": "off", "serin.dev/checks": "none" };

/** Sets the clock of all processes of a container of Serin ahead by so many ms; 0 is right again. */
async function setClock({ kubectl }: Cluster, deployment: string, aheadMs: number): Promise<void> {
  const code = `const now=Date.now;Date.now=()=>now()+(${aheadMs})`;
  const option = `--import=data:text/javascript,${encodeURIComponent(code)}`;
  const heap = "--max-old-space-size=160";
  for (const args of [
    ["set", "env", `deployment/${deployment}`, `NODE_OPTIONS=${heap}${aheadMs === 0 ? "" : ` ${option}`}`],
    ["rollout", "status", `deployment/${deployment}`, "--timeout=120s"],
  ]) {
    const { code, stderr } = await kubectl(args, { namespace: "serin-system" });
    if (code !== 0) throw new Error(stderr);
  }
}

// The clocks concern only Serin's processes, so one gateway is enough.
describeCluster("the clocks of two nodes that differ by ten minutes", function () {
  this.timeout(300_000);
  const setClocks = async ({ cluster }: Shop, webhookMs: number, controllerMs: number) => {
    await setClock(cluster, "serin", webhookMs);
    await setClock(cluster, "serin-controller", controllerMs);
  };

  for (const [what, aheadMs] of [
    ["behind", -FIVE_MINUTES_MS],
    ["ahead of", FIVE_MINUTES_MS],
  ] as const) {
    describe(`the webhook's ${what} the controller's,`, () => {
      let shop: Shop;
      before("sets the clocks", async () => {
        shop = await Shop.open("clocks");
        await setClocks(shop, aheadMs, -aheadMs);
      });
      after("sets the clocks right", async () => {
        await setClocks(shop, 0, 0);
        await shop.close();
      });

      it("promote a version and undo the next one as if they were right", async () => {
        await shop.deploy({ interval: "4s", plan: PLAN });
        const load = shop.load(100);
        const from = Date.now();
        await shop.run("set", "image", "deployment/web", "app=app:v2");
        await shop.until("the record", () => shop.held() !== undefined);
        const started = Date.parse(shop.held()?.started ?? "");
        expect(started - from, "ms by which the record's start is late").to.be.within(-2_000, 10_000);
        await shop.until("the promotion", () => shop.record("v2")?.outcome === "promoted", 120_000);
        await shop.atRest("web", 60_000);
        const [half, zero] = grants(shop, from);
        expect([half?.weight, zero?.weight]).to.deep.equal([50, 0]);
        expect((zero?.at ?? 0) - (half?.at ?? 0), "ms at 50 %").to.be.within(8_000, 30_000);

        await shop.run("set", "image", "deployment/web", "app=app:v3");
        await shop.weighs(50);
        await shop.run("rollout", "undo", "deployment/web");
        await shop.atRest();
        await shop.until("the record", () => shop.record("v3")?.outcome === "undone");
        await expectNoFailures(load);
      });
    });
  }
});
