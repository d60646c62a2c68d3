import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { together } from "../../stories/together.ts";

const plan = { "serin.dev/steps": "50:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };

// Names collide at the API server, whatever the gateway.
describeCluster("collisions in flight", function () {
  this.timeout(120_000);
  together("traefik", {
    "of a user's Service and the canary Service, before Serin creates it, make Serin report the conflict and wait":
      async (shop) => {
        const load = await open(shop);
        await shop.run("rollout", "pause", "deployment/web");
        await update(shop, "v2");
        await shop.run("create", "service", "clusterip", "web-canary", "--tcp=80");
        const theirs = await shop.run("get", "service/web-canary", "--output=json");
        await shop.run("rollout", "resume", "deployment/web");
        await shop.until("the message", () =>
          /cannot create services\/web-canary: .*already exists/.test(shop.condition()?.message ?? ""),
        );
        expect(await shop.run("get", "service/web-canary", "--output=json")).to.equal(theirs);
        expect(Object.keys(load.since(0).byVersion)).to.deep.equal(["v1"]);

        await shop.run("delete", "service/web-canary");
        await shop.weighs(50);
        await promoted(shop, load, "v2");
      },

    "of a user's Service and the canary Service in flight are refused to kubectl create, apply and replace":
      async (shop) => {
        const load = await open(shop);
        await update(shop, "v2");
        await shop.weighs(50);
        const canaryService = shop.stock.services.get("web-canary");
        const spec = { selector: { app: "web-canary" }, ports: [{ port: 80 }] };
        const manifest = JSON.stringify({
          ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web-canary" } },
          spec,
        });
        for (const [command, why] of [
          [["create"], "already exists"],
          [["apply"], "Service web-canary carries the canary's traffic until the rollout in flight is over"],
          [
            ["replace"],
            "Service web-canary carries the canary's traffic until the rollout in flight is over",
          ],
          [
            ["apply", "--server-side", "--force-conflicts"],
            "Service web-canary carries the canary's traffic",
          ],
        ] as const) {
          const input = { namespace: shop.namespace, input: manifest };
          const { code, stderr } = await shop.cluster.kubectl([...command, "-f", "-"], input);
          expect(code, command.join(" ")).to.equal(1);
          expect(stderr).to.include(why);
        }
        expect(shop.stock.services.get("web-canary")).to.deep.equal(canaryService);
        await promoted(shop, load, "v2");
        await shop.until("the canary Service gone", () => !shop.stock.services.has("web-canary"));
        await shop.apply(manifest);
      },

    "of a second Deployment's labels send no request to its pods, and the next rollout is refused": async (
      shop,
    ) => {
      const load = await open(shop);
      await update(shop, "v2");
      await shop.weighs(50);
      const [other] = JSON.parse(shop.manifests({ image: "app:other", replicas: 2 })).items;
      other.metadata = { name: "web-jobs" };
      await shop.apply(JSON.stringify(other));
      await shop.run("rollout", "status", "deployment/web-jobs", "--timeout=60s");
      const from = Date.now();
      const to = await shop.answered(load, from, 300);
      expect(Object.keys(load.between(from, to).byVersion).toSorted()).to.deep.equal(["v1", "v2"]);

      await promoted(shop, load, "v2");
      const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v3");
      expect(code).to.equal(1);
      expect(stderr).to.include("Service web: it also selects the pods of Deployment web-jobs");
      expect(shop.held()).to.equal(undefined);
    },
  });
});

async function open(shop: Shop): Promise<Load> {
  await shop.deploy({ interval: "2s", replicas: 3, plan });
  return shop.load(50);
}

function update(shop: Shop, tag: string): Promise<string> {
  return shop.run("set", "image", "deployment/web", `app=app:${tag}`);
}

async function promoted(shop: Shop, load: Load, tag: string): Promise<void> {
  await shop.promote();
  expect(shop.pods(tag)).to.have.length(3);
  expect(shop.pods("v1")).to.have.length(0);
  await expectNoFailures(load);
}
