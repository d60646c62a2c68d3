import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import { grants } from "./granted.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const STEP_MS = 5_000;

onEachGateway("the controller killed in the middle of every step", function (gateway) {
  this.timeout(300_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("killed", { gateway });
  });
  after(() => shop?.close());

  it("is replaced by another one that grants no extra step and reaches the same end", async () => {
    await shop.deploy({ interval: `${STEP_MS / 1_000}s` });
    const load = shop.load(200);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    for (const weight of [10, 25, 50]) {
      await shop.weighs(weight);
      await killLeader(shop);
    }
    await shop.until("the promotion", () => shop.record("v2")?.outcome === "proven", 90_000);
    await killLeader(shop);
    await shop.atRest("web", 120_000);

    const granted = grants(shop);
    expect(granted.map(({ weight }) => weight)).to.deep.equal([10, 25, 50, 0]);
    for (const [i, { weight, at }] of granted.slice(0, -1).entries()) {
      expect((granted[i + 1]?.at ?? 0) - at, `ms at ${weight}%`).to.be.at.least(STEP_MS);
    }
    expect(shop.pods("v2")).to.have.length(5);
    await expectNoFailures(load);
  });
});

/** SIGKILL for the controller that holds the Lease. */
async function killLeader(shop: Shop): Promise<void> {
  const { stdout } = await shop.cluster.kubectl([
    "get",
    "lease/serin",
    "-n",
    "serin-system",
    "-o=jsonpath={.spec.holderIdentity}",
  ]);
  shop.cluster.kubelet.kill("serin-system", stdout.trim(), "controller", "SIGKILL");
}
