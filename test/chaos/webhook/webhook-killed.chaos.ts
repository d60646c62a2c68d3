import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { Shop } from "../../stories/shop.ts";
import { measured } from "../measured.ts";
import { deployMany, startUpdates } from "./updates.ts";
import { allReady, webhookPods } from "./webhooks.ts";

const NAMES = ["a", "b", "c", "d"];
/** Until the kubelet has told of a death and the API server has heard of it. */
const MOMENT_MS = 2_000;

// Between the API server and Serin: no gateway has to do with it.
describeCluster("one of two webhooks gone under 200 updates a second", function () {
  this.timeout(120_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("replica");
    await deployMany(shop, NAMES);
  });
  afterEach(() => allReady(shop.cluster));
  after(() => shop.close());

  it("fails none when its pod is deleted", async function () {
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

  // A refused connection is not tried again by the API server, and until the kubelet has told of the death the address
  // is one of two: what must be seen fails, and what need not be (a plan without a new version) passes unseen.
  it("fails none but what is sent within a moment of the kill of its process", async function () {
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
