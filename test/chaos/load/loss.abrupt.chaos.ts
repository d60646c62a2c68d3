import { expect } from "chai";
import { onEachGateway } from "../../cluster/fixture.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures, expectShare } from "../../stories/share.ts";
import { HEARD_MS, Shop } from "../../stories/shop.ts";
import { doorOf, expectBeat, type MixedLoad, startMixedLoad } from "./mixed.ts";

/** Requests per second, half of them with HTTP/2. SERIN_LOSS_RPS lowers it on a busy machine. */
const RPS = Number(process.env.SERIN_LOSS_RPS ?? 1_000);
const PER_STEP = 5 * RPS;
const PODS = 5;

const PLAN = {
  "serin.dev/steps": "50",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
};

onEachGateway(`${RPS} requests a second to pods that end abruptly`, function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  const loads: MixedLoad[] = [];
  beforeEach(async () => {
    shop = await Shop.open("abrupt", { gateway });
  });
  afterEach(async () => {
    await Promise.all(loads.splice(0).map((load) => load.stop()));
    await shop?.close();
  });

  const startLoad = (name: string): MixedLoad => {
    const load = startMixedLoad(doorOf(shop, name), RPS);
    loads.push(load);
    return load;
  };

  it("lose none if pods continue to serve for a second", async function () {
    await shop.deploy({ interval: "8s", plan: PLAN, preStopSeconds: 1, replicas: PODS });
    const load = startLoad("web");
    const from = Date.now();
    await rollOut(shop, load, "v2");
    await undoAtHalf(shop, load, "v3");
    measured(this, expectBeat(load, RPS, from, Date.now()));
    await expectNoFailures(load, from);
  });

  it("lose no more than in a native rolling update if pods end at once", async function () {
    const app = { interval: "8s", plan: PLAN, preStopSeconds: 0, replicas: PODS, image: "app:v1-lat20" };
    await shop.deploy({ ...app, name: "plain", annotations: {} });
    const plain = startLoad("plain");
    const native = await lostIn(plain, async () => {
      await shop.run("set", "image", "deployment/plain", "app=app:v2-lat20");
      await shop.run("rollout", "status", "deployment/plain", "--timeout=60s");
    });
    await plain.stop();

    await shop.deploy(app);
    const load = startLoad("web");
    const rollout = await lostIn(load, () => rollOut(shop, load, "v2-lat20"));
    const undo = await lostIn(load, () => undoAtHalf(shop, load, "v3-lat20"));
    await load.stop();
    measured(this, `${native.length} natively, ${rollout.length} with a canary, ${undo.length} in an undo`);

    // The pods of an undone canary have had no traffic for a while when they end.
    expect(undo, "lost in an undo").to.deep.equal([]);
    // Only ending pods of the old version lose requests, in the native rolling update after the promotion.
    const ends = shop.changesOf("pods").filter(({ type }) => type === "DELETED");
    const unexplained = rollout.filter(
      (at) => !ends.some((end) => at > end.at - HEARD_MS && at < end.at + HEARD_MS),
    );
    expect(unexplained, "lost while no pod ended").to.deep.equal([]);
    // Both counts are random, so their difference may be three standard deviations.
    const allowed = native.length + 3 * Math.sqrt(native.length + rollout.length);
    expect(rollout.length, `lost, ${native.length} natively`).to.be.at.most(allowed);
  });
});

/** The starts (ms since the epoch) of requests that failed meanwhile, or before every gateway had followed its end. */
async function lostIn(load: MixedLoad, meanwhile: () => Promise<unknown>): Promise<number[]> {
  const from = Date.now();
  await meanwhile();
  await new Promise((resolve) => setTimeout(resolve, HEARD_MS));
  return [...load.rows(from)].filter(({ status }) => status !== 200).map(({ at }) => at);
}

async function rollOut(shop: Shop, load: MixedLoad, tag: string): Promise<void> {
  await shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  const from = await shop.weighs(50);
  const to = await shop.until("after 50%", () => shop.weight() !== 50);
  expectShare(load.between(from, to), tag.split("-")[0] ?? "", 0.5, PER_STEP);
  await shop.atRest();
  await shop.until("all pods of the new version", () => shop.pods(tag).length === PODS);
}

async function undoAtHalf(shop: Shop, load: MixedLoad, tag: string): Promise<void> {
  await shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  await shop.answered(load, await shop.weighs(50), RPS);
  await shop.run("rollout", "undo", "deployment/web");
  await shop.until("the canary's pods gone", () => shop.pods(tag).length === 0);
  await shop.atRest();
}
