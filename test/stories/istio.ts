/** Rollouts behind Istio, which takes long to build. Not part of the tests: `npm run istio`. */
import { expect } from "chai";
import { onIstio } from "../cluster/fixture.ts";
import type { Answers } from "../cluster/load.ts";
import { receivedBy } from "../cluster/received.ts";
import type { Shop } from "./shop.ts";
import { together } from "./together.ts";

/** The requests that no pod answered: the gateway lost them. */
async function lostBy(load: Answers): Promise<number> {
  await load.stop();
  return [...load.rows()].filter(({ status, version }) => status !== 200 && version === "").length;
}

// Upstream Envoy, which the proxy is here, lacks Istio's extension that writes istio_requests_total.
const plan = (settings: Record<string, string>) => ({
  interval: "4s",
  plan: { "serin.dev/metrics": "envoy", ...settings },
});
const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
const update = (shop: Shop, image: string) => shop.run("set", "image", "deployment/web", `app=app:${image}`);
const rolledBack = async (shop: Shop, tag: string) => {
  await shop.until("the verdict", () => shop.record(tag)?.outcome === "failed", 90_000);
  return shop.record(tag)?.message;
};

const judged = {
  "of a good version end with its promotion": async (shop: Shop) => {
    await shop.deploy(plan({ "serin.dev/steps": "10, 50" }));
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.atRest("web", 150_000);
    expect(shop.condition()).to.include({ status: "True", reason: "Promoted" });
    expect(await lostBy(load)).to.equal(0);
  },

  "of a bad version end with its rollback": async (shop: Shop) => {
    await shop.deploy(plan({ "serin.dev/steps": "10, 50" }));
    const load = shop.load(100);
    await update(shop, "v2-err20");
    expect(await rolledBack(shop, "v2-err20")).to.match(/^rolled back at 10% .*: errors\./);
    expect(await lostBy(load)).to.equal(0);
  },

  "of a version that fails copies of requests end before it has users": async (shop: Shop) => {
    await shop.deploy(plan({ "serin.dev/mirror": "20%", "serin.dev/steps": "10" }));
    const load = shop.load(100);
    await update(shop, "v2-err20");
    expect(await rolledBack(shop, "v2-err20")).to.match(/^rolled back at copies of 20% .*: errors\./);
    const { byVersion } = await load.stop();
    expect(byVersion, "answers to users").to.have.all.keys("v1");
    const copies = await receivedBy({ namespace: shop.namespace, version: "v2" });
    expect(copies.requests, "copies").to.be.within(1, 0.3 * (byVersion.v1 ?? 0));
  },
};

const routed = {
  "that switch at once and back lose no request": async (shop: Shop) => {
    await shop.deploy(plan({ "serin.dev/rollout": "blue-green", "serin.dev/steps": "100:10m" }));
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.until("the switch", () =>
      shop.condition()?.message?.startsWith("canary has 100% of the traffic"),
    );
    await shop.answered(load, Date.now(), 200);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("the route restored", () => shop.weight() === undefined);
    await shop.answered(load, Date.now(), 200);
    expect((await load.stop()).byVersion).to.have.all.keys("v1", "v2");
    expect(await lostBy(load)).to.equal(0);
  },

  "that are undone lose no request, and the canary gets none once it has no weight": async (shop: Shop) => {
    await shop.deploy({ ...plan({ ...unjudged, "serin.dev/steps": "50:10m" }), preStopSeconds: 1 });
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.weighs(50);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    const from = Date.now();
    await shop.answered(load, from, 200);
    expect(load.since(from).byVersion).to.have.all.keys("v1");
    expect((await load.stop()).byVersion).to.have.all.keys("v1", "v2");
    expect(await lostBy(load)).to.equal(0);
  },

  // Istio tries a call that ends with UNAVAILABLE again, so users hardly feel such a version.
  "of a version whose gRPC calls the gateway tries again": async (shop: Shop) => {
    await shop.deploy({
      ...plan({ ...unjudged, "serin.dev/steps": "50:10m" }),
      protocol: "grpc",
    });
    const calls = shop.calls(60);
    await update(shop, "v2-err20-grpc14");
    await shop.weighs(50);
    const from = Date.now();
    await shop.answered(calls, from, 600);
    const { total, failed } = calls.since(from);
    expect(failed / total, "a tenth fails without tries").to.be.below(0.05);
  },
};

onIstio("rollouts", function (gateway) {
  this.timeout(240_000);

  // All at once would be more than two cores can serve.
  describe("by its Envoy's counters", () => together(gateway, judged));
  describe("by nobody's", () => together(gateway, routed));
});
