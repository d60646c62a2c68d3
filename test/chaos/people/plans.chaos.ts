import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { HEARD_MS, type Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { annotate, atHalf, expectTheirs, greatestShare, HALF, promoted } from "../leader/midway.ts";

const OPT_IN = "serin.dev/rollout";

/** The manifests without the opt-in, and with another image. */
function optedOut(manifests: string, image: string): string {
  const list = JSON.parse(manifests);
  delete list.items[0].metadata.annotations[OPT_IN];
  list.items[0].spec.template.spec.containers[0].image = image;
  return JSON.stringify(list);
}

/** Expects that kubectl is refused with this reason. */
async function expectRefused(shop: Shop, why: RegExp, input: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await shop.cluster.kubectl(args, { namespace: shop.namespace, input });
  expect(code, args.join(" ")).not.to.equal(0);
  expect(stderr).to.match(why);
}

async function expectNoWayOut(shop: Shop, v1: string, why: RegExp): Promise<void> {
  for (const image of ["app:v2", "app:v3"]) {
    await expectRefused(shop, why, optedOut(v1, image), "apply", "-f", "-");
    await expectRefused(shop, why, optedOut(v1, image), "replace", "-f", "-");
  }
  await expectRefused(shop, why, "", "annotate", "deployment/web", `${OPT_IN}-`);
}

const plans: Record<string, Story> = {
  "the opt-in cannot be removed, nor after a failure, except together with the version": async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    await expectNoWayOut(shop, v1, /cannot go while a rollout is in flight: promote it .* or undo it/);
    expect(shop.weight()).to.equal(50);
    await annotate(shop, "abort", shop.revision());
    await shop.until("the abort", () => shop.held()?.phase === "failed" && shop.weight() === undefined);
    await expectNoWayOut(shop, v1, /cannot go while the failed version is held: undo it/);
    await shop.apply(optedOut(v1, "app:v1"));
    await shop.atRest();
    await expectTheirs(shop, was);
    expect(shop.deployment().metadata.annotations).not.to.have.property(OPT_IN);
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    expect(shop.held(), "a native rollout").to.equal(undefined);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await expectNoFailures(load);
  },

  "other steps apply at once, and an invalid plan changes nothing": async (shop) => {
    const { was, load } = await atHalf(shop);
    const from = Date.now();
    await expectRefused(
      shop,
      /serin\.dev\/steps/,
      "",
      "annotate",
      "deployment/web",
      "serin.dev/steps=no",
      "--overwrite",
    );
    expect(shop.weight()).to.equal(50);
    await annotate(shop, "steps", "20:10m");
    const lower = await shop.weighs(20);
    const settled = await shop.answered(load, lower + 2_500, 50);
    const to = await shop.answered(load, settled, 500);
    expect(greatestShare(load, "v2", from, to)).to.be.below(0.65);
    expect(greatestShare(load, "v2", settled, to)).to.be.below(0.34);
    // A step that lasts no longer than the gateway needs to follow is not reported.
    await annotate(shop, "steps", "20, 30:4s, 40:10m");
    for (const weight of [30, 40]) await shop.weighs(weight);
    // At the same place this plan has 80 %, and nothing has proven the canary for that.
    await annotate(shop, "steps", "40:10m, 60:10m, 80:10m");
    await shop.answered(load, Date.now(), 500);
    expect(grantedTo(shop, to)).to.deep.equal([30, 40]);
    await annotate(shop, "steps", "30");
    await shop.atRest();
    expect(shop.pods("v2")).to.have.length(5);
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },

  "another strategy applies: blue-green moves all traffic once there are enough pods": async (shop) => {
    const { was, load } = await atHalf(shop);
    await shop.run("annotate", "deployment/web", "serin.dev/steps-", `${OPT_IN}=blue-green`, "--overwrite");
    await shop.atRest();
    expect(shop.pods("v2")).to.have.length(5);
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },

  "a Service removed from serin.dev/services is restored and serves to the end": async (shop) => {
    const v1 = JSON.parse(shop.manifests(HALF));
    const second = structuredClone(v1.items[1]);
    second.metadata.name = "second";
    await shop.apply(JSON.stringify(second));
    const { load } = await atHalf(shop);
    const selector = () => shop.stock.services.get("second")?.spec.selector;
    expect(selector()).to.have.property("pod-template-hash");
    await annotate(shop, "services", "web");
    await shop.until("second restored", () => !("pod-template-hash" in (selector() ?? {})), 5_000);
    await shop.promote();
    expect(selector()).to.deep.equal({ app: "web" });
    await expectNoFailures(load);
  },

  "the route's Service is not released in flight, nor to the kept pod of a failed version": async (shop) => {
    const { load } = await atHalf(shop);
    const hash = () => shop.stock.services.get("web")?.spec.selector?.["pod-template-hash"];
    const stable = hash();
    await shop.run("annotate", "service/web", "serin.dev/isolate=false");
    await annotate(shop, "services", "second");
    await shop.answered(load, Date.now(), 500);
    expect([shop.weight(), hash()]).to.deep.equal([50, stable]);
    await annotate(shop, "abort", shop.revision());
    await shop.until("the abort", () => shop.held()?.phase === "failed" && shop.weight() === undefined);
    const from = await shop.answered(load, Date.now() + HEARD_MS, 1);
    await shop.answered(load, from, 500);
    expect(load.since(from).byVersion).to.have.keys("v1");
    await shop.run("annotate", "service/web", "serin.dev/isolate-");
    await expectNoFailures(load);
  },

  "a garbled record of the Deployment is kept, and one of the ReplicaSet is recreated": async (shop) => {
    const { was, load } = await atHalf(shop);
    const held = shop.deployment().metadata.annotations?.["serin.dev/held"];
    await annotate(shop, "held", "{");
    await shop.run("annotate", "deployment/web", "serin.dev/held-");
    await shop.run("label", "deployment/web", "serin.dev/flight-");
    expect(shop.deployment().metadata.annotations?.["serin.dev/held"]).to.equal(held);
    const set = `replicaset/${shop.replicaSet("v2")?.metadata.name}`;
    for (const garbage of ["{", "null", '{"started":"x"}']) {
      await shop.run("annotate", set, `serin.dev/run=${garbage}`, "--overwrite");
      await shop.until("a new record", () => shop.record("v2")?.outcome === "running");
    }
    await shop.run("annotate", set, "serin.dev/run-");
    await shop.until("a new record", () => shop.record("v2")?.outcome === "running");
    await shop.run("label", set, "serin.dev/flight-");
    await shop.weighs(50);
    await promoted(shop, was);
    await expectNoFailures(load);
  },
};

describeCluster("in flight,", function () {
  this.timeout(240_000);
  together("traefik", plans);
});
