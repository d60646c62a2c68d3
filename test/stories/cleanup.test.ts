import { expect } from "chai";
import { cleanUp } from "../../cli/cleanup/cleanup.ts";
import { connect } from "../../kube/client/connect.ts";
import { fromFile } from "../../kube/client/kubeconfig.ts";
import { systemClock } from "../../kube/core/clock.ts";
import { onEachGateway } from "../cluster/fixture.ts";
import { noLog } from "../support/log.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";
import { withoutSerin } from "./without-serin.ts";

onEachGateway("without Serin", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("cleanup", { gateway });
  });
  after(() => shop?.close());

  it("no weight moves, and one command restores everything", async () => {
    await shop.deploy({ plan: { "serin.dev/steps": "50:10m" } });
    const objects = () =>
      Promise.all([shop.manifest("deployments"), shop.manifest("services"), shop.manifest("httproutes")]);
    const was = await objects();
    const load = shop.load(200);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);

    await withoutSerin(shop.cluster, async () => {
      const alone = Date.now();
      await shop.answered(load, alone, 1_000);
      await shop.catchUp();
      expect(shop.weight()).to.equal(50);

      const kube = connect({
        fieldManager: "serin",
        userAgent: "serin-cleanup",
        load: () => fromFile(shop.cluster.kubeconfig),
        log: noLog,
      });
      const said: string[] = [];
      await cleanUp({ kube, clock: systemClock, say: (sentence) => said.push(sentence), patienceMs: 30_000 });
      await kube.close();

      await shop.atRest();
      await shop.until("the canary Service gone", () => shop.stock.services.size === 1);
      expect(await objects()).to.deep.equal(was);
      expect(said).to.include(
        `Deployment ${shop.namespace}/web runs its stable version under its own fields`,
      );
      expect(shop.condition()).to.include({ status: "False", reason: "Undone" });
      expect(shop.condition()?.message).to.match(/^undone: .* serves, .* is gone, by the clean-up command$/);
      await expectNoFailures(load);
    });
  });
});
