import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { measured } from "../../stories/measured.ts";
import { Shop } from "../../stories/shop.ts";
import { deployMany, startUpdates } from "./updates.ts";
import { allReady, webhookPods } from "./webhooks.ts";

const NAMES = ["a", "b", "c", "d"];
/** The time until the kubelet has reported a killed process and the API server has followed. */
const MOMENT_MS = 2_000;

// Only the API server and Serin are involved, not the gateway.
describeCluster("the loss of one of two webhooks at 200 updates a second", function () {
  this.timeout(120_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("replica");
    await deployMany(shop, NAMES);
  });
  afterEach(() => allReady(shop.cluster));
  after(() => shop.close());

  it("fails no update if its pod is deleted", async function () {
    const updates = startUpdates(shop, NAMES, 200);
    await sleep(2_000);
    const [pod = ""] = webhookPods(shop.cluster);
    await shop.run("delete", "pod", pod, "--namespace=serin-system", "--timeout=30s");
    await allReady(shop.cluster);
    const { total, failed, unseen } = await updates.stop();
    expect(total).to.be.above(100);
    expect({ failed, unseen }).to.deep.equal({ failed: [], unseen: [] });
    measured(this, `${total} updates`);
  });

  // The API server does not retry a refused connection, and the address stays one of two until the kubelet has reported
  // the killed process. Until then, updates that Serin must see fail, and others (a plan without a new version) pass.
  it("fails only updates sent within a moment after its process is killed", async function () {
    const updates = startUpdates(shop, NAMES, 200);
    await sleep(2_000);
    const [pod = ""] = webhookPods(shop.cluster);
    const killedAt = Date.now();
    shop.cluster.kubelet.kill("serin-system", pod, "webhook", "SIGKILL");
    await sleep(5_000);
    await allReady(shop.cluster);
    const { total, failed, unseen } = await updates.stop();
    expect(total).to.be.above(100);
    const late = [...failed, ...unseen].filter(({ at }) => Math.abs(at - killedAt) > MOMENT_MS);
    expect(late).to.deep.equal([]);
    expect(unseen.filter(({ what }) => what !== "plan")).to.deep.equal([]);
    for (const { message } of failed)
      expect(message).to.include('failed calling webhook "new-version.serin.dev"');
    measured(this, `${total} updates, ${failed.length} failed, ${unseen.length} unseen`);
  });
});
