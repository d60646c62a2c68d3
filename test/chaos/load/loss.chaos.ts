import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import { expectShare } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { measured } from "../measured.ts";
import { doorOf, expectBeat, type MixedLoad, startMixedLoad } from "./mixed.ts";

/** Requests per second, half of them with HTTP/2; fewer where the machine has other work. */
const RPS = Number(process.env.SERIN_LOSS_RPS ?? 1_000);
/** Each step counts so many at least, as it lasts eight seconds or more. */
const PER_STEP = 5 * RPS;

onEachGateway(`${RPS} requests a second, by HTTP/1.1 and HTTP/2`, function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  let load: MixedLoad;
  let from: number;
  let goesOn = true;
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
    // Each begins where the one before ended.
    if (!goesOn) this.skip();
    from = Date.now();
  });
  afterEach(function () {
    goesOn = this.currentTest?.isPassed() === true;
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

  it("lose none when v5 comes at 50 % of v4", async function () {
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

  it("lose but the canary's own errors in a rollback", async function () {
    await shop.run("set", "image", "deployment/web", "app=app:v6-err5");
    await shop.until("the verdict", () => shop.record("v6-err5")?.outcome === "failed");
    const settled = await shop.until("the twin gone", () => !shop.stock.services.has("web-canary"));
    const to = await shop.answered(load, settled, PER_STEP);
    await load.stop();
    // From the beginning, with what was still due at the end of each part.
    const failures = [...load.rows()].filter(({ status }) => status !== 200);
    expect(failures.length, "the canary's errors").to.be.above(0);
    const others = failures.filter(({ version, at }) => version !== "v6" || at > settled);
    expect(others, "of the stable version, of the gateway, or late").to.deep.equal([]);
    expect(load.since(settled).byVersion.v6, "answers of the canary afterwards").to.equal(undefined);
    measured(this, `${failures.length} errors in ${expectBeat(load, RPS, from, to)}`);
  });
});

/** Waits through the steps; the canary must have each share of the requests, no more and no less. */
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
