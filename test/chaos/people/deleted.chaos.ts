import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { atHalf, expectTheirs, greatestShare, only, promoted, recovers } from "../leader/midway.ts";

/** The most time with failures after the recreation, in ms. Between the deletion and then nothing can serve. */
const SOON_MS = 5_000;
/** The most time until Serin restores the objects of a deleted Deployment, in ms. Proxies need time to follow. */
const RESTORED_MS = 8_000;
/** The greatest share of a second: a half plus four standard deviations of 100 requests, because many seconds count. */
const AT_MOST = 0.7;

/** Expects that users get all their answers from now on. */
async function serves(shop: Shop, load: Load): Promise<void> {
  await shop.serves(shop.host());
  const from = Date.now();
  expect(load.between(from, await shop.answered(load, from, 300)).failed).to.equal(0);
}

const whole: Record<string, Story> = {
  "of the Deployment, recreated at once, leave no trace, and the next rollout works": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await shop.run("delete", "deployment/web");
    await shop.apply(v1);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await expectTheirs(shop, was);
    await serves(shop, load);
    const from = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);
    await promoted(shop, was);
    expect(load.since(from).failed).to.equal(0);
  },

  "of the Deployment leave no trace, and another version can follow later": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await shop.run("delete", "deployment/web");
    await expectTheirs(shop, was, RESTORED_MS);
    await shop.apply(v1.replace("app:v1", "app:v3"));
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await serves(shop, load);
  },

  "of the Deployment with --cascade=orphan remove the canary, and the recreated Deployment keeps serving":
    async (shop) => {
      const { v1, was, load } = await atHalf(shop);
      const from = Date.now();
      await shop.run("delete", "deployment/web", "--cascade=orphan");
      await shop.until("the canary gone", () => shop.pods("v2").length === 0);
      await expectTheirs(shop, was);
      await shop.apply(v1);
      await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
      const to = await shop.answered(load, Date.now(), 300);
      expect(shop.pods("v1")).to.have.length(5);
      expect(load.between(from, to).failed).to.equal(0);
      expect(greatestShare(load, "v2", from, to)).to.be.below(AT_MOST);
      expect(load.since(to - 2_000).byVersion.v2).to.equal(undefined);
    },

  ...Object.fromEntries(
    ["v1", "v2", "v3"].map((version): [string, Story] => [
      `of the Deployment with --cascade=orphan, recreated at once with ${version}, lose no request`,
      async (shop) => {
        const { v1, was, load } = await atHalf(shop);
        const from = Date.now();
        await shop.run("delete", "deployment/web", "--cascade=orphan");
        await shop.apply(v1.replace("app:v1", `app:${version}`));
        await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
        await expectTheirs(shop, was);
        expect(shop.pods(version)).to.have.length(5);
        const to = await shop.answered(load, Date.now(), 300);
        await expectNoFailures(load, from);
        if (version !== "v2") expect(greatestShare(load, "v2", from, to)).to.be.below(AT_MOST);
      },
    ]),
  ),
};

const parts: Record<string, Story> = {
  "of the Service, recreated later, end with the canary's share as before": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await shop.run("delete", "service/web");
    await shop.until("no weight", () => shop.weight() === 0);
    await shop.answered(load, Date.now(), 200);
    const again = Date.now();
    await shop.apply(only(v1, "Service"));
    const figures = await recovers(shop, load, again, SOON_MS);
    const share = greatestShare(load, "v2", again, Date.now());
    expect(share, "share of the canary").to.be.below(AT_MOST);
    await promoted(shop, was);
    return figures;
  },

  "of the route, recreated later, end with the canary's share as before": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await shop.run("delete", "httproute/web");
    await shop.answered(load, Date.now(), 200);
    const again = Date.now();
    await shop.apply(only(v1, "HTTPRoute"));
    const figures = await recovers(shop, load, again, SOON_MS);
    const share = greatestShare(load, "v2", again, Date.now());
    expect(share, "share of the canary").to.be.below(AT_MOST);
    await promoted(shop, was);
    return figures;
  },

  "of the canary Service end with a new one": async (shop) => {
    const { was, load } = await atHalf(shop);
    const from = Date.now();
    await shop.run("delete", "service/web-canary");
    await shop.until("a new canary Service", () => shop.stock.services.has("web-canary"));
    const figures = await recovers(shop, load, from, SOON_MS);
    await promoted(shop, was);
    return figures;
  },
};

const pods: Record<string, Story> = {
  "of the canary's ReplicaSet end with a new one": async (shop) => {
    const { was, load } = await atHalf(shop);
    const from = Date.now();
    await shop.run("delete", `replicaset/${shop.replicaSet("v2")?.metadata.name}`);
    await shop.until("a new record", () => shop.record("v2") !== undefined);
    const figures = await recovers(shop, load, from, SOON_MS);
    await promoted(shop, was);
    return figures;
  },

  ...Object.fromEntries(
    ["v1", "v2"].map((version): [string, Story] => [
      `of all pods of ${version === "v2" ? "the canary" : "the stable version"} end with new pods and the same share`,
      async (shop) => {
        const { was, load } = await atHalf(shop);
        const gone = shop.pods(version).map(({ metadata }) => `pod/${metadata.name}`);
        const from = Date.now();
        await shop.run("delete", "--wait=false", ...gone);
        await shop.until("new pods", () => shop.pods(version).length >= gone.length);
        const figures = await recovers(shop, load, from, SOON_MS);
        await promoted(shop, was);
        return figures;
      },
    ]),
  ),
};

onEachGateway("deletions at half of the traffic", function (gateway) {
  this.timeout(240_000);
  describe("of everything:", () => together(gateway, whole));
  describe("of one part:", () => together(gateway, parts));
  describe("of pods:", () => together(gateway, pods));
});
