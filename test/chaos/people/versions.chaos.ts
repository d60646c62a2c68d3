import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { atHalf, expectTheirs, greatestShare, HALF, promoted, theirs } from "../leader/midway.ts";

const QUICK = { ...HALF, interval: "4s", plan: { ...HALF.plan, "serin.dev/steps": "50" } };
/** The greatest share of a second: a half plus four standard deviations of 100 requests, because many seconds count. */
const AT_MOST = 0.7;

/** Brings `app:v2-slow5` to the middle of its native promotion, which lasts because its pods are ready late. */
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

/** Orders an abort by `kubectl annotate` and waits for its end. */
async function aborted(shop: Shop, tag: string): Promise<void> {
  await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
  await shop.until("the abort", () => shop.record(tag)?.outcome === "failed" && shop.weight() === undefined);
}

const promotion: Record<string, Story> = {
  "roll back to v2 if a bad v3 comes during v2's promotion": async (shop) => {
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

  "return to v1 by an apply during v2's promotion": async (shop) => {
    const { v1, was, load } = await promoting(shop);
    await shop.apply(v1);
    await shop.atRest();
    await expectTheirs(shop, was);
    expect([shop.pods("v1").length, shop.pods("v2-slow5").length]).to.deep.equal([8, 0]);
    await expectNoFailures(load);
  },

  "return to v1 by an apply at half of the traffic": async (shop) => {
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
  "get a new canary after an earlier failure, once it is ordered": async (shop) => {
    const { was, load } = await atHalf(shop);
    const from = Date.now();
    await aborted(shop, "v2");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(50);
    const refused = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
    const failed = shop.replicaSet("v2")?.metadata.annotations?.["deployment.kubernetes.io/revision"];
    expect(refused.stderr).to.include(`serin.dev/retry=${failed} allows one more canary`);
    await shop.run("annotate", "deployment/web", `serin.dev/retry=${failed}`);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.until("v2's canary", () => shop.record("v2")?.outcome === "running");
    await shop.weighs(50);
    expect(shop.record("v3")).to.include({ outcome: "superseded" });
    const again = Date.now();
    await promoted(shop, was);
    expect(greatestShare(load, "v2", from, again)).to.be.below(AT_MOST);
    await expectNoFailures(load);
  },

  "stay failed if they are applied again after a failure": async (shop) => {
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

  "supersede each other at once, and the last of three gets its canary": async (shop) => {
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

  "leave no trace if the first one returns at once": async (shop) => {
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

/** Sets the image faster than kubectl could start. */
async function setImage({ cluster, namespace }: Shop, image: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  const value = image;
  await cluster.api.demand("PATCH", path, [
    { op: "replace", path: "/spec/template/spec/containers/0/image", value },
  ]);
}

onEachGateway("versions in flight", function (gateway) {
  this.timeout(240_000);
  describe("during a promotion:", () => together(gateway, promotion));
  describe("again:", () => together(gateway, again));
});
