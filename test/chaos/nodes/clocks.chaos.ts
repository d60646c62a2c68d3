import { expect } from "chai";
import type { Cluster } from "../../cluster/cluster.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { grants } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";

const FIVE_MINUTES_MS = 300_000;
const PLAN = { "serin.dev/steps": "50:8s", "serin.dev/compare": "off", "serin.dev/checks": "none" };

/** The option that sets the clock of a Node.js process ahead by so many ms. */
function clockAhead(ms: number): string {
  const code = `const now=Date.now;Date.now=()=>now()+(${ms})`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

async function run({ kubectl }: Cluster, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, { namespace: "serin-system" });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** The options of Node.js in a Deployment of Serin. */
function optionsOf(cluster: Cluster, deployment: string): Promise<string> {
  const path = '{.spec.template.spec.containers[0].env[?(@.name=="NODE_OPTIONS")].value}';
  return run(cluster, "get", `deployment/${deployment}`, `-o=jsonpath=${path}`);
}

/** Gives it these, and waits until its processes have started anew. */
async function setOptions(cluster: Cluster, deployment: string, options: string): Promise<void> {
  await run(cluster, "set", "env", `deployment/${deployment}`, `NODE_OPTIONS=${options}`);
  await run(cluster, "rollout", "status", `deployment/${deployment}`, "--timeout=120s");
}

// The clocks concern only Serin's processes, so one gateway is enough.
describeCluster("the clocks of two nodes that differ by ten minutes", function () {
  this.timeout(300_000);
  for (const [what, aheadMs] of [
    ["behind", -FIVE_MINUTES_MS],
    ["ahead of", FIVE_MINUTES_MS],
  ] as const) {
    describe(`the webhook's ${what} the controller's,`, () => {
      let shop: Shop;
      /** The options that the manifests give, by Deployment. */
      const options = new Map<string, string>();
      before("sets the clocks", async () => {
        shop = await Shop.open("clocks");
        for (const [deployment, ms] of [
          ["serin", aheadMs],
          ["serin-controller", -aheadMs],
        ] as const) {
          const own = await optionsOf(shop.cluster, deployment);
          options.set(deployment, own);
          await setOptions(shop.cluster, deployment, `${own} ${clockAhead(ms)}`);
        }
      });
      after("sets the clocks right", async () => {
        for (const [deployment, own] of options) await setOptions(shop.cluster, deployment, own);
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
