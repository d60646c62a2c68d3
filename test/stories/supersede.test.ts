import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

onEachGatewayAtOnce("a second update", function (gateway) {
  this.timeout(300_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("supersede", { gateway });
  });
  afterEach(() => shop?.close());

  it("at 50% drains the version before it and is compared with the same stable one", async () => {
    await shop.deploy({ plan: { "serin.dev/steps": "25, 50:60s" } });
    const load = shop.load(300);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);
    const stable = shop.record("v2")?.stable;
    const canaries = new Set(shop.pods("v2").map((pod) => pod.metadata.name));

    const asked = Date.now();
    const said = await shop.run("set", "image", "deployment/web", "app=app:v3");
    expect(said).to.include("another version is in flight");
    // Native control may create v3's first pod before it deletes those of v2.
    await shop.until(
      "v3's canary in place of v2's",
      () => shop.pods("v3").length > 0 && shop.pods("v2").length === 0,
    );
    const gone = shop
      .changesOf("pods", asked)
      .filter(
        ({ object, type }) =>
          canaries.has(object.metadata.name) && (type === "DELETED" || object.metadata.deletionTimestamp),
      )
      .at(0)?.at;
    const lastRequest = Math.max(
      ...[...load.rows(asked)].filter((row) => row.version === "v2").map((row) => row.at),
    );
    expect(lastRequest, "the last request to v2").to.be.below(gone ?? 0);
    await shop.until("the end of v2", () => shop.record("v2")?.outcome === "superseded");

    const from = await shop.weighs(25);
    expect(shop.record("v3")).to.include({ stable });
    const to = await shop.until("after 25%", () => shop.weight() !== 25);
    expectShare(load.between(from, to), "v3", 0.25);

    await shop.run("annotate", "deployment/web", "serin.dev/steps=25, 50", "--overwrite");
    const { code, stderr } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
    expect(code, stderr).to.equal(0);
    await shop.atRest();
    expect(shop.pods("v3")).to.have.length(5);
    await expectNoFailures(load);
  });

  it("during the promotion waits until the proven version is complete, then starts its own canary", async () => {
    const plan = { "serin.dev/steps": "50", "serin.dev/compare": "off", "serin.dev/checks": "none" };
    await shop.deploy({ interval: "4s", plan, replicas: 8 });
    const load = shop.load(300);
    // Its pods become ready so late that the native rolling update still runs when v3 comes.
    await shop.run("set", "image", "deployment/web", "app=app:v2-slow5");
    await shop.until(
      "the promotion",
      () => shop.held()?.phase === "promoting" && shop.pods("v2-slow5").length > 4,
      90_000,
    );
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.until("v3", () => shop.held()?.phase === "canary");
    expect(shop.held()).to.include({ latched: true });
    expect(shop.pods("v1"), "v1's pods when v3 came").to.not.have.length(0);
    await shop.weighs(50);
    expect(shop.record("v3")?.stable).to.equal(
      shop.replicaSet("v2-slow5")?.metadata.labels?.["pod-template-hash"],
    );
    expect(shop.pods("v2-slow5")).to.have.length(8);
    expect(shop.pods("v1")).to.have.length(0);
    expect(shop.record("v2-slow5")).to.include({ outcome: "promoted" });
    const { code, stderr } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
    expect(code, stderr).to.equal(0);
    await shop.atRest();
    await expectNoFailures(load);
  });
});
