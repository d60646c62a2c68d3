import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { manifestOf } from "../../stories/ledger.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { type Kills, killAtEveryWrite } from "../leader/kills.ts";
import { UNISOLATED_MS } from "../leader/midway.ts";
import { allReady } from "./webhooks.ts";

const PLAN = { "serin.dev/steps": "50:60s", "serin.dev/compare": "off", "serin.dev/checks": "none" };
/** The most tries of a command, which may meet the killed replica again before it meets the other one. */
const MOST_TRIES = 10;

describeCluster("a webhook killed before and after each of its writes", function () {
  this.timeout(180_000);
  let shop: Shop;
  let kills: Kills;
  beforeEach(async () => {
    shop = await openShop("killed-webhook");
  });
  afterEach(async () => {
    (await way()).set();
    await shop.close();
  });

  it("loses nothing: the user's command fails, and succeeds when repeated", async () => {
    await shop.deploy({ interval: "4s", plan: PLAN });
    const before = manifestsIn(shop);
    const load = shop.load(200);
    kills = await killAtEveryWrite(shop.cluster, await way(), "webhook");
    const update = ["set", "image", "deployment/web", "app=app:v2"];
    const undo = ["rollout", "undo", "deployment/web"];

    await failsUntil(update, 1);
    expect(manifestsIn(shop), "killed before the Service was isolated").to.deep.equal(before);
    await failsUntil(update, 2);
    const isolatedAt = await shop.until("the isolated Service", () => isIsolated(shop), 5_000);
    const restoredAt = await shop.until("the restored Service", () => !isIsolated(shop), UNISOLATED_MS);
    expect(restoredAt - isolatedAt, "ms until it was restored").to.be.at.most(UNISOLATED_MS);
    expect(manifestsIn(shop), "no rollout began").to.deep.equal(before);
    await succeeds(update);
    await shop.weighs(50);

    await failsUntil(undo, 3);
    expect(shop.weight(), "killed before weight 0").to.equal(50);
    await failsUntil(undo, 4);
    await shop.until("weight 0", () => shop.weight() === 0, 5_000);
    expect(shop.pods("v2"), "canary pods until the undo arrives").to.not.have.length(0);
    await succeeds(undo);
    await shop.atRest();
    await shop.until(
      "everything restored",
      () => shop.stock.services.size === 1 && shop.weight() === undefined,
    );
    expect(manifestsIn(shop)).to.deep.equal(before);
    expect(shop.pods("v1")).to.have.length(5);
    console.log(
      `        ${kills.count} kills at ${kills.writes.length} writes, Service restored after ${restoredAt - isolatedAt} ms`,
    );
    await expectNoFailures(load);
  });

  // As while nodes are drained, or Serin is updated.
  it("ends by SIGTERM at a write, and the user's command succeeds at once", async () => {
    await shop.deploy({ interval: "4s", plan: PLAN });
    const before = manifestsIn(shop);
    const load = shop.load(200);
    kills = await killAtEveryWrite(shop.cluster, await way(), "webhook", "SIGTERM");
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    expect(kills.count, "ended before the Service was isolated").to.equal(1);
    await shop.weighs(50);
    await shop.run("rollout", "undo", "deployment/web");
    expect(kills.count, "ended after weight 0").to.equal(2);
    await shop.atRest();
    await kills.settled();
    expect(manifestsIn(shop)).to.deep.equal(before);
    await expectNoFailures(load);
  });

  /** Repeats a command, which fails, until this many processes were killed. */
  async function failsUntil(command: readonly string[], count: number): Promise<void> {
    for (let tries = 0; kills.count < count && tries < MOST_TRIES; tries += 1) {
      const { code, stderr } = await shop.kubectl(...command);
      expect(code, `${command.join(" ")}: ${stderr}`).to.not.equal(0);
      expect(stderr).to.include("failed calling webhook");
    }
    expect(kills.count, "kills").to.equal(count);
  }

  async function succeeds(command: readonly string[]): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const { code, stderr } = await shop.kubectl(...command);
      if (code === 0) return;
      if (tries === MOST_TRIES) throw new Error(`${command.join(" ")}: ${stderr}`);
      await allReady(shop.cluster);
    }
  }
});

/** The Service, the route, and the user's parts of the Deployment. */
function manifestsIn({ stock }: Shop): object[] {
  const objects = [stock.deployments.get("web"), stock.services.get("web"), stock.httproutes.get("web")];
  return objects.map((object) => manifestOf(object as never));
}

function isIsolated({ stock }: Shop): boolean {
  return "pod-template-hash" in (stock.services.get("web")?.spec.selector ?? {});
}
