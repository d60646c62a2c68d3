import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { grantedTo, grants } from "../../stories/granted.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop, ShopApp } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { watchMemory } from "../load/memory.ts";
import { callsIn, expectPromoted, FAST } from "./api.ts";
import type { Way } from "./trouble.ts";

/** The length of the outage; CHAOS_OUTAGE_S shortens it. */
const OUTAGE_MS = 1_000 * Number(process.env.CHAOS_OUTAGE_S ?? 600);
/** The most time to recover: back-off of up to 10 s, 15 s until the last leader's Lease ends, and the lists. */
const BACK_MS = 45_000;
const RPS = 40;
const JUDGED: ShopApp = {
  interval: "10s",
  plan: { "serin.dev/steps": "25, 50", "serin.dev/checks": "success-rate >= 99%" },
};

interface Playing {
  readonly shop: Shop;
  readonly load: Load;
}

describeCluster(`no API server for ${OUTAGE_MS / 1_000} s, for Serin only`, function () {
  this.timeout(OUTAGE_MS + 300_000);
  let door: Way;
  const shops: Shop[] = [];
  let [from, to] = [0, 0];
  let [good, bad, promoting, failed, paused, undone]: Playing[] = [];
  let answers: Record<"undo" | "update" | "scale" | "resume", { code: number | null; stderr: string }>;

  /** Opens a shop in which a rollout of that image has begun. */
  async function begin(title: string, image: string, options: ShopApp): Promise<Playing> {
    const shop = await openShop(title);
    shops.push(shop);
    await shop.deploy(options);
    const load = shop.load(RPS);
    await shop.run("set", "image", "deployment/web", `app=${image}`);
    return { shop, load };
  }

  before("cuts Serin off in the middle of six rollouts", async function () {
    this.timeout(OUTAGE_MS + 240_000);
    door = await way();
    const stepping = { ...FAST, interval: "60s" };
    [failed, paused, undone] = await Promise.all([
      begin("outage-failed", "app:v2-err20", JUDGED),
      begin("outage-paused", "app:v2", {
        ...FAST,
        plan: { ...FAST.plan, "serin.dev/steps": "25, pause, 50" },
      }),
      begin("outage-undone", "app:v2", stepping),
    ]);
    await failed.shop.until("the verdict", () => failed?.shop.condition()?.reason === "RolledBack", 120_000);
    await paused.shop.until("the pause", () => paused?.shop.deployment().spec.paused === true);
    [good, bad, promoting] = await Promise.all([
      begin("outage-good", "app:v2", JUDGED),
      begin("outage-bad", "app:v2-err5", { ...JUDGED, interval: "60s" }),
      begin("outage-promoting", "app:v2", { ...FAST, plan: { ...FAST.plan, "serin.dev/steps": "50" } }),
    ]);
    await Promise.all([good.shop.weighs(25), bad.shop.weighs(25), undone.shop.weighs(25)]);
    await promoting.shop.until("the promotion", () => promoting?.shop.held()?.phase === "promoting");

    const memory = watchMemory(good.shop.cluster);
    from = Date.now();
    door.set({ before: () => "cut" });
    door.cut();
    await sleep(OUTAGE_MS / 2);
    const inFlight = undone.shop;
    answers = {
      undo: await inFlight.kubectl("rollout", "undo", "deployment/web"),
      update: await inFlight.kubectl("set", "image", "deployment/web", "app=app:v3"),
      scale: await inFlight.kubectl("scale", "deployment/web", "--replicas=6"),
      resume: await paused.shop.kubectl("rollout", "resume", "deployment/web"),
    };
    await sleep(OUTAGE_MS / 2);
    to = Date.now();
    memory.stop();
    grown = growth(memory.between(from + 20_000, from + 50_000), memory.between(to - 30_000, to));
    door.set();
  });
  let grown: readonly string[] = [];
  after(async () => {
    door?.set();
    await Promise.all(shops.map((shop) => shop.close()));
  });

  const present = (playing: Playing | undefined): Playing => {
    if (playing === undefined) throw new Error("the rollout did not begin");
    return playing;
  };
  const weightsIn = ({ shop }: Playing) => grants(shop).filter(({ at }) => at >= from + 500 && at < to);

  it("changes no weight", () => {
    for (const playing of [good, bad, promoting, failed, paused, undone])
      expect(weightsIn(present(playing)), present(playing).shop.namespace).to.deep.equal([]);
  });

  it("then continues in the same step, counts the requests of the outage, and grants no other step", async () => {
    const { shop, load } = present(good);
    const at50 = await shop.until("50%", () => shop.weight() === 50, BACK_MS + 30_000);
    expect(shop.record("v2")?.step).to.equal(1);
    await shop.atRest("web", 120_000);
    await expectPromoted(shop, load);
    const [, second, end] = grants(shop);
    expect((end?.at ?? 0) - (second?.at ?? 0), "ms at 50%").to.be.at.least(10_000);
    const least = (0.25 * RPS * OUTAGE_MS * 0.8) / 1_000;
    const counted = /canary \d+ of (\d+) requests/.exec(shop.record("v2")?.message ?? "")?.[1];
    expect(Number(counted), "requests of the canary that counted").to.be.at.least(least);
    expect(at50 - to, "ms from the end of the outage to the next step").to.be.below(BACK_MS);
  });

  it("then rolls the bad version back on the requests of the outage", async () => {
    const { shop } = present(bad);
    await shop.until("the verdict", () => shop.record("v2-err5")?.outcome === "failed", BACK_MS);
    await shop.until("no weight", () => (shop.weight() ?? 0) === 0);
    expect(grantedTo(shop)).to.deep.equal([25, 0]);
    await shop.load(1).stop();
  });

  it("then ends the promotion that the native controller completed during the outage", async () => {
    const { shop, load } = present(promoting);
    await shop.atRest("web", BACK_MS);
    expect(shop.record("v2")?.outcome).to.equal("promoted");
    await expectNoFailures(load);
  });

  it("leaves the failed version failed", async () => {
    const { shop } = present(failed);
    const { code } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=5s");
    expect(code).to.equal(1);
    expect(shop.condition()?.reason).to.equal("RolledBack");
  });

  it("then continues the rollout that its user resumed during the outage", async () => {
    const { shop, load } = present(paused);
    if (answers.resume.code !== 0) await shop.run("rollout", "resume", "deployment/web");
    await shop.atRest("web", BACK_MS + 60_000);
    await expectPromoted(shop, load);
  });

  it("refuses an undo and a new version with the reason, and then allows the undo", async () => {
    const { shop, load } = present(undone);
    for (const { code, stderr } of [answers.undo, answers.update]) {
      expect(code).to.equal(1);
      expect(stderr).to.match(
        /serin could not decide about this UPDATE: no answer from the API server to GET .*; try again/,
      );
    }
    expect(answers.scale.code, answers.scale.stderr).to.equal(0);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest("web", BACK_MS + 60_000);
    expect(shop.pods("v1")).to.have.length(6);
    await expectNoFailures(load);
  });

  it("sends a bounded number of requests and grows by at most 25 MiB", function () {
    const calls = callsIn(door, from + 30_000, to);
    const minutes = (to - from - 30_000) / 60_000;
    const rates = [...Map.groupBy(calls, ({ container, address }) => `${container} ${address}`)].map(
      ([process, all]) => ({ process, perMinute: Math.round(all.length / minutes) }),
    );
    for (const { process, perMinute } of rates) expect(perMinute, process).to.be.below(100);
    expect(callsIn(door, from + 30_000, to).filter(({ isWrite }) => isWrite)).to.deep.equal([]);
    expect(grown, "MiB").to.deep.equal([]);
    measured(this, rates.map(({ process, perMinute }) => `${process} ${perMinute}/min`).join(", "));
  });
});

/** The processes that use more than 25 MiB more at the end. */
function growth(first: ReadonlyMap<string, number>, last: ReadonlyMap<string, number>): string[] {
  return [...first].flatMap(([process, mib]) => {
    const now = last.get(process) ?? 0;
    return now > mib + 25 ? [`${process}: ${Math.round(mib)} to ${Math.round(now)}`] : [];
  });
}
