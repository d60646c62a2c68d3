import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import { measured } from "../../stories/measured.ts";
import { expectShare } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { doorOf, expectBeat, type MixedLoad, startMixedLoad } from "./mixed.ts";

/** Requests per second, half of them with HTTP/2. SERIN_LOSS_RPS lowers it on a busy machine. */
const RPS = Number(process.env.SERIN_LOSS_RPS ?? 1_000);
/** The minimum number of requests of a step, which lasts eight seconds or more. */
const PER_STEP = 5 * RPS;

onEachGateway(`${RPS} requests a second, by HTTP/1.1 and HTTP/2`, function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  let load: MixedLoad;
  let from: number;
  let continues = true;
  before(async () => {
    shop = await Shop.open("loss", { gateway });
    await shop.deploy({ interval: "8s" });
    load = startMixedLoad(doorOf(shop), RPS);
  });
  after(async () => {
    await load?.stop();
    await shop?.close();
  });
  beforeEach(function () {
    // Each test begins where the one before ended.
    if (!continues) this.skip();
    from = Date.now();
  });
  afterEach(function () {
    continues = this.currentTest?.isPassed() === true;
  });

  it("lose none in a full rollout", async function () {
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await walk(shop, load, "v2", [10, 25, 50]);
    await expectPromoted(shop, "v2");
    expect(load.since(from).failed, "failed requests").to.equal(0);
    measured(this, expectBeat(load, RPS, from, Date.now()));
  });

  it("lose none in an undo at 50 %", async function () {
    await shop.run("annotate", "deployment/web", "serin.dev/steps=50:60s", "--overwrite");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    const weighed = await shop.weighs(50);
    expectShare(load.between(weighed, await shop.answered(load, weighed, PER_STEP)), "v3", 0.5, PER_STEP);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.until("the canary's pods gone", () => shop.pods("v3").length === 0);
    await shop.atRest();
    expect(shop.pods("v2")).to.have.length(5);
    expect(load.since(from).failed, "failed requests").to.equal(0);
    measured(this, expectBeat(load, RPS, from, Date.now()));
  });

  it("lose none if v5 supersedes v4 at 50 %", async function () {
    await shop.run("annotate", "deployment/web", "serin.dev/steps=50:60s", "--overwrite");
    await shop.run("set", "image", "deployment/web", "app=app:v4");
    const weighed = await shop.weighs(50);
    expectShare(load.between(weighed, await shop.answered(load, weighed, PER_STEP)), "v4", 0.5, PER_STEP);
    await shop.run("annotate", "deployment/web", "serin.dev/steps=25, 50", "--overwrite");
    await shop.run("set", "image", "deployment/web", "app=app:v5");
    await shop.until("v4 left", () => shop.record("v4")?.outcome === "superseded");
    await walk(shop, load, "v5", [25, 50]);
    await expectPromoted(shop, "v5");
    expect(load.since(from).failed, "failed requests").to.equal(0);
    measured(this, expectBeat(load, RPS, from, Date.now()));
  });

  it("lose only the canary's own errors in a rollback", async function () {
    await shop.run("set", "image", "deployment/web", "app=app:v6-err5");
    await shop.until("the verdict", () => shop.record("v6-err5")?.outcome === "failed");
    const settled = await shop.until("the canary Service gone", () => !shop.stock.services.has("web-canary"));
    const to = await shop.answered(load, settled, PER_STEP);
    await load.stop();
    // All failures since the start, including requests that were pending at the end of a test.
    const failures = [...load.rows()].filter(({ status }) => status !== 200);
    expect(failures.length, "the canary's errors").to.be.above(0);
    const others = failures.filter(({ version, at }) => version !== "v6" || at > settled);
    expect(others, "failures of the stable version or the gateway, or late ones").to.deep.equal([]);
    expect(load.since(settled).byVersion.v6, "answers of the canary afterwards").to.equal(undefined);
    measured(this, `${failures.length} errors in ${expectBeat(load, RPS, from, to)}`);
  });
});

/** Waits through the steps; expects the canary's share of the requests at each. */
async function walk(shop: Shop, load: MixedLoad, version: string, weights: readonly number[]): Promise<void> {
  for (const weight of weights) {
    const from = await shop.weighs(weight);
    const to = await shop.until(`after ${weight}%`, () => shop.weight() !== weight);
    expectShare(load.between(from, to), version, weight / 100, PER_STEP);
  }
}

async function expectPromoted(shop: Shop, tag: string): Promise<void> {
  await shop.atRest();
  await shop.until(`${tag} promoted`, () => shop.record(tag)?.outcome === "promoted");
  await shop.until("all pods of the new version", () => shop.pods(tag).length === 5);
}
