import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

onEachGateway("what comes again", function (gateway) {
  // The answers of admission do not depend on the gateway.
  if (gateway !== "traefik") return;
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("again", { gateway });
  });
  after(() => shop?.close());

  const update = (image: string) => shop.kubectl("set", "image", "deployment/web", `app=app:${image}`);
  const order = (verb: string, revision: string) =>
    shop.kubectl("annotate", "deployment/web", `serin.dev/${verb}=${revision}`);
  const checks = { "serin.dev/compare": "off", "serin.dev/checks": "none" };

  it("does not approve: kubectl replace keeps the plan's pause, kubectl rollout resume ends it", async () => {
    const plan = { "serin.dev/steps": "20:1s, pause, 50:10m", ...checks };
    const v1 = await shop.deploy({ interval: "1s", plan });
    const load = shop.load(100);
    const v2 = v1.replace("app:v1", "app:v2");
    await shop.apply(v2);
    await shop.until("the pause", () => /paused by the plan/.test(shop.condition()?.message ?? ""));
    const from = Date.now();
    for (const command of [["replace"], ["apply", "--server-side", "--force-conflicts"]]) {
      const explicit = v2.replace('"replicas":5', '"replicas":5,"paused":false');
      const options = { namespace: shop.namespace, input: explicit };
      const { code, stderr } = await shop.cluster.kubectl([...command, "-f", "-"], options);
      expect(code, stderr).to.equal(0);
      expect(stderr).to.include("the plan's pause stays");
    }
    expectShare(load.between(from, await shop.counted(load, from, 3_600)), "v2", 0.2);
    expect(shop.weight()).to.equal(20);
    await shop.run("rollout", "resume", "deployment/web");
    await shop.weighs(50);
  });

  it("acts on no version that waits when an order names the one before it", async () => {
    const { code } = await update("v3");
    expect(code).to.equal(0);
    for (const verb of ["promote", "abort"]) {
      const { code, stderr } = await order(verb, "2");
      expect([verb, code]).to.deep.equal([verb, 1]);
      expect(stderr).to.match(/"2" is not the revision in flight/);
    }
    await shop.until("v3 at 20%", () => shop.weight() === 20);
    expect(shop.held()).to.not.have.property("asked");
    expect(await order("promote", "3")).to.include({ code: 0 });
    await shop.atRest();
    await shop.until("the record", () => shop.record("v3")?.outcome === "promoted");
  });

  it("is no second canary of a version that failed, until it is ordered", async () => {
    await shop.run(
      "annotate",
      "deployment/web",
      "serin.dev/on-failure=undo",
      "serin.dev/steps=20:10m",
      "--overwrite",
    );
    const load = shop.load(100);
    expect(await update("v4")).to.include({ code: 0 });
    await shop.weighs(20);
    expect(await order("abort", shop.revision())).to.include({ code: 0 });
    await shop.atRest();
    const failed = shop.replicaSet("v4")?.metadata.annotations?.["deployment.kubernetes.io/revision"] ?? "";
    const from = Date.now();
    for (let i = 0; i < 3; i += 1) {
      const { code, stderr } = await update("v4");
      expect(code, stderr).to.equal(1);
      expect(stderr).to.include(`serin.dev/retry=${failed} allows one more canary`);
    }
    await shop.answered(load, from, 300);
    expect(load.since(from).byVersion).to.have.all.keys("v3");
    expect(await order("retry", failed)).to.include({ code: 0 });
    expect(await update("v4")).to.include({ code: 0 });
    await shop.weighs(20);
    await shop.promote();
    expect(shop.deployment().metadata.annotations).to.not.have.property("serin.dev/retry");
    await expectNoFailures(load);
  });

  it("is native at once when the version was the stable one before", async () => {
    const load = shop.load(100);
    const said = await shop.run("rollout", "undo", "deployment/web");
    expect(said).to.include("native rolling update, no canary").and.include("before this one");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    expect(shop.held()).to.equal(undefined);
    await shop.until("only v3", () => shop.pods("v4").length === 0);
    await expectNoFailures(load);
  });

  it("gives no order again that came with the same manifest, and a person still gives it", async () => {
    const revision = String(Number(shop.revision()) + 1);
    const plan = { "serin.dev/steps": "20:10m", ...checks, "serin.dev/promote": revision };
    const v5 = shop.manifests({ interval: "1s", plan, image: "app:v5" });
    expect(await shop.apply(v5)).to.include("serin.dev/promote: ignored with a new template");
    await shop.weighs(20);
    const load = shop.load(100);
    const from = Date.now();
    for (const how of [[], [], ["--server-side", "--force-conflicts"]])
      expect(await shop.apply(v5, ...how)).to.include(
        "a manifest that is applied again gives no order again",
      );
    await shop.answered(load, from, 300);
    expect(shop.weight()).to.equal(20);
    expect(shop.held()).to.not.have.property("asked");
    expect(await order("promote", revision)).to.include({ code: 0 });
    await shop.atRest();
    await shop.until("the record", () => shop.record("v5")?.outcome === "promoted");
  });
});
