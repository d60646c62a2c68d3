import { expect } from "chai";
import { versionOf } from "../../../kube/core/meta.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { grantedTo, grants } from "../../stories/granted.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { HEARD_MS, Shop, type ShopApp } from "../../stories/shop.ts";
import { expectAtMost, expectGranted } from "../load/shares.ts";
import { eventsOf, expectEnded, FAST } from "./api.ts";

const RPS = 40;
/** The most time (ms) until a rollout that the restore brought back has ended. */
const END_MS = 180_000;
const JUDGED: ShopApp = {
  interval: "10s",
  plan: { "serin.dev/steps": "25, 50", "serin.dev/checks": "success-rate >= 99%" },
};
/**
 * At 25 % until after the restore, and then at 40 % for long enough to count its share. Without a judge: requests that fail while
 * the gateway's controller restarts would count for the canary as well.
 */
const LASTING: ShopApp = { ...FAST, plan: { ...FAST.plan, "serin.dev/steps": "25:90s, 40:15s" } };
const PROMOTING: ShopApp = { ...FAST, plan: { ...FAST.plan, "serin.dev/steps": "20" } };

interface Playing {
  readonly shop: Shop;
  readonly load: Load;
}

describeCluster("etcd restored from a backup, while Serin's processes run on", function () {
  this.timeout(END_MS + 30_000);
  const shops: Shop[] = [];
  let good: Playing;
  let bad: Playing;
  let refused: Playing;
  let promoted: Playing;
  let promoting: Playing;
  /** When the API server went, when it came back, and when the gateway had heard of the restore. */
  let [away, back, settled] = [0, 0, 0];

  async function open(title: string, options: ShopApp): Promise<Playing> {
    const shop = await Shop.open(`restored-${title}`, { gateway: "contour" });
    shops.push(shop);
    await shop.deploy(options);
    return { shop, load: shop.load(RPS) };
  }
  async function update({ shop }: Playing, tag: string): Promise<Shop> {
    await shop.run("set", "image", "deployment/web", `app=app:${tag}`);
    return shop;
  }
  const fails = (shop: Shop, tag: string) =>
    shop.until(`${tag} failed`, () => shop.record(tag)?.outcome === "failed" && !shop.weight(), END_MS);

  before("takes a backup in flight, lets the rollouts end, and restores it", async function () {
    this.timeout(400_000);
    [good, bad, refused, promoted, promoting] = await Promise.all([
      open("good", LASTING),
      open("bad", JUDGED),
      open("refused", JUDGED),
      open("promoted", FAST),
      open("promoting", PROMOTING),
    ]);
    const { backup } = good.shop.cluster;
    // Few requests, so that the verdict comes after the backup.
    bad.load.at(RPS / 2);
    good.load.at(2 * RPS);
    await Promise.all([update(good, "v2"), update(promoting, "v2-slow10")]);
    await promoting.shop.weighs(20);
    await update(bad, "v2-err5");
    await Promise.all([
      good.shop.weighs(25),
      bad.shop.weighs(25),
      promoting.shop.until("the promotion", () => isUnderWay(promoting.shop)),
    ]);
    await backup.take();

    for (const { load } of [bad, refused]) load.at(4 * RPS);
    await Promise.all([
      good.shop.promote(),
      fails(bad.shop, "v2-err5"),
      update(refused, "v2-err20").then((shop) => fails(shop, "v2-err20")),
      update(promoted, "v2").then((shop) => shop.atRest()),
      promoting.shop.atRest(),
    ]);
    for (const { load } of [bad, refused]) load.at(RPS);
    const [processes, version] = [processesOf(good.shop), versionOf(promoted.shop.deployment())];
    away = Date.now();
    back = await backup.restore();
    await Promise.all(shops.map((shop) => shop.serves(shop.host())));
    settled = Date.now() + HEARD_MS;
    expect(versionOf(promoted.shop.deployment()) < version, "the versions went back").to.equal(true);
    expect(processesOf(good.shop), "processes of Serin").to.deep.equal(processes);
  });
  after(() => Promise.all(shops.map((shop) => shop.close())));

  it("brings back a bad canary, which gets no more than it had and fails again", async function () {
    const { shop, load } = bad;
    const at = await fails(shop, "v2-err5");
    expect(Math.max(0, ...grantedTo(shop, back)), "percent granted").to.be.at.most(25);
    expectAtMost(load.between(settled, at), "v2", 0.25);
    const to = await shop.answered(load, at + HEARD_MS, 200);
    expect(load.between(at + HEARD_MS, to).byVersion, "after its end").to.have.keys("v1");
    expect(notItsOwn(load), "failures that are not its own").to.equal(0);
    expect(await eventsOf(shop, "JudgedAgain"), "Events").to.not.have.length(0);
    measured(this, `no API server for ${s(back - away)}; failed again ${s(at - back)} later`);
  });

  it("brings back a promotion, which ends", async function () {
    const { shop, load } = promoting;
    await shop.atRest();
    await expectEnded(shop, "v2-slow10");
    await shop.until("the record", () => shop.record("v2-slow10")?.outcome === "promoted", 15_000);
    await expectServed(this, load);
  });

  it("takes back a version that failed later: at rest, and then it fails again", async () => {
    const { shop, load } = expectAtRest(refused);
    await update(refused, "v2-err20");
    await fails(shop, "v2-err20");
    expect(notItsOwn(load), "failures that are not its own").to.equal(0);
  });

  it("takes back a version that was promoted later: at rest, and then it is a canary again", async function () {
    const { shop, load } = expectAtRest(promoted);
    const from = Date.now();
    await update(promoted, "v2");
    await shop.atRest();
    await expectEnded(shop, "v2");
    expect(grantedTo(shop, from)).to.deep.equal([25, 50, 0]);
    await expectServed(this, load);
  });

  it("brings back a good canary, which continues in its step and is promoted", async function () {
    const { shop, load } = good;
    await shop.atRest("web", END_MS);
    await expectEnded(shop, "v2");
    const weights = grants(shop, back);
    expect(weights.map(({ weight }) => weight)).to.deep.equal([25, 40, 0]);
    const [, at40 = 0, end = 0] = weights.map(({ at }) => at);
    expectAtMost(load.between(settled, at40), "v2", 0.25);
    expectGranted(load.between(at40 + HEARD_MS, end), "v2", 0.4);
    expect(await eventsOf(shop, "JudgedAgain"), "Events").to.not.have.length(0);
    await expectServed(this, load);
  });

  /** Expects the old template without a rollout, and that it alone answers. */
  function expectAtRest({ shop, load }: Playing): Playing {
    expect(shop.held()).to.equal(undefined);
    expect(shop.deployment().spec.template).to.have.nested.property("spec.containers[0].image", "app:v1");
    expect(load.since(settled).byVersion).to.have.keys("v1");
    return { shop, load };
  }

  /** The failed requests that no bad version answered, all of which call themselves v2, but while the gateway's controller restarted. */
  function notItsOwn(load: Load): number {
    const rows = [...load.rows(0, back), ...load.rows(settled)];
    return rows.filter(({ status, version }) => status !== 200 && version !== "v2").length;
  }

  /** Expects no failed request but while the gateway's controller restarted, after the API server's return. */
  async function expectServed(test: Mocha.Context, load: Load): Promise<void> {
    await expectNoFailures(load, settled);
    expect(load.between(0, back).failed, "failed before").to.equal(0);
    measured(test, `${load.between(back, settled).failed} failed in the ${s(settled - back)} of the restart`);
  }
});

/** Whether the promotion has started pods. */
function isUnderWay(shop: Shop): boolean {
  return shop.held()?.phase === "promoting" && shop.pods("v2-slow10").length > 1;
}

/** Serin's processes, by container and pod. */
function processesOf({ cluster: { kubelet } }: Shop): readonly unknown[] {
  return ["webhook", "controller"].flatMap((container) => {
    const pods = kubelet.pods("serin-system", container).toSorted();
    return pods.map((pod) => [container, pod, kubelet.pid("serin-system", pod, container)]);
  });
}

function s(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
