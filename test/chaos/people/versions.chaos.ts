import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { atHalf, expectTheirs, greatestShare, HALF, promoted, theirs } from "../leader/midway.ts";
import { type Story, together } from "../load/parallel.ts";

const QUICK = { ...HALF, interval: "4s", plan: { ...HALF.plan, "serin.dev/steps": "50" } };
/** Four standard deviations above a half, of 100 requests: many seconds are looked at. */
const AT_MOST = 0.7;

/** `app:v2-slow5` in the middle of its native promotion: pods that take so long to be ready. */
async function promoting(shop: Shop, rps = 100) {
  const v1 = await shop.deploy({ ...QUICK, replicas: 8 });
  const was = theirs(shop);
  const load = shop.load(rps);
  await shop.run("set", "image", "deployment/web", "app=app:v2-slow5");
  await shop.until("the promotion", () => {
    return shop.held()?.phase === "promoting" && shop.pods("v2-slow5").length > 4;
  });
  return { v1, was, load };
}

/** `kubectl annotate` with the order to give up, and its end. */
async function aborted(shop: Shop, tag: string): Promise<void> {
  await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
  await shop.until("given up", () => shop.record(tag)?.outcome === "failed" && shop.weight() === undefined);
}

const promotion: Record<string, Story> = {
  "a bad v3 in the middle of v2's promotion is taken back to v2": async (shop) => {
    const { was, load } = await promoting(shop, 200);
    const plan = { "serin.dev/steps": "50:10m" };
    await shop.apply(shop.manifests({ ...QUICK, plan, replicas: 8, image: "app:v3-err20" }));
    await shop.until("the verdict", () => shop.record("v3-err20")?.outcome === "failed", 120_000);
    await shop.until("no traffic to v3", () => shop.weight() === undefined);
    const stable = shop.replicaSet("v2-slow5")?.metadata.labels?.["pod-template-hash"];
    expect(shop.record("v3-err20")?.stable).to.equal(stable);
    expect([shop.pods("v1").length, shop.pods("v2-slow5").length]).to.deep.equal([0, 8]);
    const from = Date.now();
    const to = await shop.answered(load, from, 300);
    expect(load.between(from, to).byVersion).to.have.all.keys("v2");
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    await expectTheirs(shop, was);
    await load.stop();
    const wrong = [...load.rows()].filter(({ status, version }) => status !== 200 && version !== "v3");
    expect(wrong, "failures that are not v3's own").to.have.length(0);
  },

  "v1 by apply in the middle of v2's promotion comes back": async (shop) => {
    const { v1, was, load } = await promoting(shop);
    await shop.apply(v1);
    await shop.atRest();
    await expectTheirs(shop, was);
    expect([shop.pods("v1").length, shop.pods("v2-slow5").length]).to.deep.equal([8, 0]);
    await expectNoFailures(load);
  },

  "v1 by apply at half of the traffic comes back": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await shop.apply(v1);
    await shop.atRest();
    await expectTheirs(shop, was);
    expect([shop.pods("v1").length, shop.pods("v2").length]).to.deep.equal([5, 0]);
    expect(shop.record("v2")).to.include({ outcome: "undone" });
    await expectNoFailures(load);
  },
};

const again: Record<string, Story> = {
  "a version that failed once has its chance later": async (shop) => {
    const { was, load } = await atHalf(shop);
    const from = Date.now();
    await aborted(shop, "v2");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(50);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.until("v2's canary", () => shop.record("v2")?.outcome === "running");
    await shop.weighs(50);
    expect(shop.record("v3")).to.include({ outcome: "superseded" });
    const again = Date.now();
    await promoted(shop, was);
    expect(greatestShare(load, "v2", from, again)).to.be.below(AT_MOST);
    await expectNoFailures(load);
  },

  "a version that failed stays failed when it is handed in again": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await aborted(shop, "v2");
    const from = Date.now();
    for (const label of ["a", "b"]) {
      const manifests = JSON.parse(v1.replace("app:v1", "app:v2"));
      manifests.items[0].metadata.labels.again = label;
      await shop.apply(JSON.stringify(manifests));
      await shop.run("set", "image", "deployment/web", "app=app:v2");
      const { code } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=5s");
      expect(code, "rollout status").to.equal(1);
    }
    await shop.answered(load, from, 300);
    expect(load.since(from).byVersion).to.have.all.keys("v1");
    expect(shop.held()?.phase).to.equal("failed");
    await shop.apply(v1);
    await shop.atRest();
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },

  "three versions one right after the other: the last one gets its canary": async (shop) => {
    await shop.deploy(HALF);
    const was = theirs(shop);
    const load = shop.load(100);
    const from = Date.now();
    for (const image of ["app:v3", "app:v4", "app:v2"]) await setImage(shop, image);
    await shop.until("v2's canary", () => shop.record("v2")?.outcome === "running");
    await shop.weighs(50);
    expect(["v1", "v2", "v3", "v4"].map((tag) => shop.pods(tag).length)).to.deep.equal([5, 3, 0, 0]);
    await promoted(shop, was);
    expect(load.since(from).byVersion).to.have.all.keys("v1", "v2");
    await expectNoFailures(load);
  },

  "there and back at once": async (shop) => {
    await shop.deploy(HALF);
    const was = theirs(shop);
    const load = shop.load(100);
    for (const image of ["app:v2", "app:v3", "app:v1"]) await setImage(shop, image);
    await shop.atRest();
    await expectTheirs(shop, was);
    expect(load.since(0).byVersion).to.have.all.keys("v1");
    await expectNoFailures(load);
  },
};

/** Sooner than kubectl starts. */
async function setImage({ cluster, namespace }: Shop, image: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  const value = image;
  await cluster.api.demand("PATCH", path, [
    { op: "replace", path: "/spec/template/spec/containers/0/image", value },
  ]);
}

onEachGateway("versions in mid-flight", function (gateway) {
  this.timeout(240_000);
  describe("in the promotion:", () => together(gateway, promotion));
  describe("again and again:", () => together(gateway, again));
});
