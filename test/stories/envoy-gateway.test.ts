import { expect } from "chai";
import { request } from "undici";
import { onEnvoyGateway } from "../cluster/fixture.ts";
import { eventually } from "../cluster/wait.ts";
import {
  abort,
  lostBy,
  promotion,
  rollback,
  rollbackOfCopies,
  rolledBack,
  switchAndBack,
  unjudged,
  update,
} from "./behind-gateway.ts";
import type { Shop } from "./shop.ts";
import { together } from "./together.ts";

/** The series of the rule's one cluster, which has the requests of all its backends. */
async function countedOfRule({ cluster, namespace }: Shop): Promise<unknown> {
  const query = `envoy_cluster_upstream_rq{envoy_cluster_name="httproute/${namespace}/web/rule/0"}`;
  const { body } = await request(`${cluster.prometheusUrl}/api/v1/query?${new URLSearchParams({ query })}`);
  return ((await body.json()) as { data: { result: readonly unknown[] } }).data.result[0];
}

const plan = (settings: Record<string, string>) => ({ interval: "4s", plan: settings });

const forSomeUsers = {
  "show the canary to matching users alone, lose no request, and refuse sticky sessions with the reason":
    async (shop: Shop) => {
      const match = { "serin.dev/rollout": "ab-test", "serin.dev/match": "header x-canary=insider" };
      await shop.deploy(plan({ ...match, ...unjudged, "serin.dev/iterations": "600" }));
      const outsiders = shop.load(100);
      await update(shop, "v2");
      await shop.until("the users in force", () =>
        /^(canary has the|holding at the matching) users/.test(shop.condition()?.message ?? ""),
      );
      await shop.answered(outsiders, Date.now(), 200);
      await abort(shop);
      await shop.answered(outsiders, Date.now(), 100);
      expect((await outsiders.stop()).byVersion, "answers to outsiders").to.have.all.keys("v1");
      expect(await lostBy(outsiders)).to.equal(0);
      // The same Deployment, because a refusal leaves nothing behind.
      const settings = { "serin.dev/rollout": "canary", "serin.dev/sticky": "1h" };
      const removed = { "serin.dev/match": null, "serin.dev/iterations": null };
      const template = { spec: { containers: [{ name: "app", image: "app:v3" }] } };
      const patch = { metadata: { annotations: { ...settings, ...removed } }, spec: { template } };
      const { code, stderr } = await shop.kubectl("patch", "deployment/web", "-p", JSON.stringify(patch));
      expect(code).to.equal(1);
      expect(stderr).to.include("serin.dev/sticky is not possible here: Envoy Gateway names");
    },
};

const asInstalled = {
  "of a version that cannot be judged end before it has users": async (shop: Shop) => {
    await shop.deploy(plan({ "serin.dev/steps": "10, 50" }));
    const load = shop.load(100);
    await eventually("the rule's requests in Prometheus", () => countedOfRule(shop));
    await update(shop, "v2-err20");
    expect(await rolledBack(shop, "v2-err20")).to.match(
      /^rolled back before it had any traffic: Envoy Gateway counts the requests of a rule for all its backends together/,
    );
    expect((await load.stop()).byVersion, "answers to users").to.have.all.keys("v1");
    expect(await lostBy(load)).to.equal(0);
  },
};

const judgedByWeight = {
  "of a good version end with its promotion": promotion(plan),
  "of a bad version end with its rollback": rollback(
    plan,
    /^rolled back at 10% .*: errors\. .*service\/together-/,
  ),

  "of a version that fails gRPC calls end with its rollback": async (shop: Shop) => {
    await shop.deploy({ ...plan({ "serin.dev/steps": "10, 50" }), protocol: "grpc" });
    shop.calls(60);
    await update(shop, "v2-err20-grpc14");
    expect(await rolledBack(shop, "v2-err20-grpc14")).to.match(/^rolled back at 10% .*UNAVAILABLE/);
  },
};

const others = {
  "of a version that fails copies of requests end before it has users": rollbackOfCopies(plan),
  "that switch at once and back lose no request": switchAndBack(plan),

  "that are superseded and undone lose no request": async (shop: Shop) => {
    await shop.deploy({ ...plan({ ...unjudged, "serin.dev/steps": "50:10m" }), preStopSeconds: 1 });
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.weighs(50);
    await update(shop, "v3");
    await shop.until("v3 at 50%", () => shop.record("v2")?.outcome === "superseded" && shop.weight() === 50);
    await shop.weighs(50);
    await shop.run("rollout", "undo", "deployment/web", "--to-revision=1");
    await shop.atRest();
    await shop.until("the record", () => shop.record("v3")?.outcome === "undone");
    expect((await load.stop()).byVersion).to.have.all.keys("v1", "v2", "v3");
    expect(await lostBy(load)).to.equal(0);
  },
};

onEnvoyGateway("rollouts", function (gateway) {
  this.timeout(240_000);

  const stories =
    gateway === "envoy-gateway"
      ? { ...forSomeUsers, ...asInstalled }
      : { ...judgedByWeight, ...forSomeUsers, ...others };
  // All at once would be more than two cores can serve.
  together(gateway, stories, 4);
});
