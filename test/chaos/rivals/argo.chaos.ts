import { expect } from "chai";
import { argoSteps } from "../../../migrate/live/argo/steps.ts";
import type { Daemon } from "../../cluster/daemon.ts";
import { onEachGateway } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { deployWithArgo, ROLLOUTS, startArgoRollouts } from "./argo.ts";
import { interrupted } from "./interrupted.ts";
import { reachesPhase } from "./phase.ts";

const REQUESTS = 20_000;
const REPLICAS = 4;
const names = argoSteps.map(({ name }) => name);
/** The steps that can be undone. */
const reversible = argoSteps.filter(({ undo }) => undo !== undefined).map(({ name }) => name);

onEachGateway("the switch-over beside the real controller of Argo Rollouts", function (gateway) {
  this.timeout(480_000);
  let shop: Shop;
  let argo: Daemon | undefined;
  let load: Load;
  before(async () => {
    shop = await Shop.open("rival", { gateway });
    argo = await startArgoRollouts(shop);
    await deployWithArgo(shop, REPLICAS);
    load = shop.load(200);
  });
  after(async () => {
    await shop?.close();
    await argo?.stop("SIGTERM", 5_000);
  });

  it("is undone after a kill at every step, and Argo Rollouts releases as before", async () => {
    const last = reversible.at(-1) ?? "";
    const there = await interrupted(shop, "argo", "web", `--to=${last}`);
    expect(there.killed).to.deep.equal(reversible);
    const back = await interrupted(shop, "argo", "web", "--to=start");
    expect(back.killed).to.deep.equal(reversible.toReversed());
    await reachesPhase(shop, ROLLOUTS, "Healthy");
    expect(shop.deployment().spec.replicas).to.equal(0);
    expect(load.since(0).failed, "failed requests").to.equal(0);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await reachesPhase(shop, ROLLOUTS, "Progressing");
    await reachesPhase(shop, ROLLOUTS, "Healthy");
  });

  it("ends with Serin alone after a kill at every step, without a failed request", async () => {
    const from = Date.now();
    const { killed, said } = await interrupted(shop, "argo", "web");
    expect(killed).to.deep.equal(names);
    expect(said).to.contain("deployment.apps/web is with Serin alone");
    expect(await shop.names("services")).to.deep.equal(["web"]);
    expect(shop.deployment().spec.replicas).to.equal(REPLICAS);
    await shop.answered(load, from, REQUESTS);
    const { total, failed } = load.since(from);
    expect({ failed }, `failed of ${total} requests`).to.deep.equal({ failed: 0 });
  });

  it("leaves a Deployment that Argo Rollouts does not touch while Serin rolls out", async () => {
    const from = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(25);
    await shop.promote();
    await shop.until("v3's record", () => shop.record("v3")?.outcome === "promoted");
    await expectNoFailures(load, from);
  });
});
