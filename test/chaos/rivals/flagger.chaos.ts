import { expect } from "chai";
import { flaggerSteps } from "../../../migrate/live/flagger/steps.ts";
import type { Daemon } from "../../cluster/daemon.ts";
import { onEachGateway } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { eventually } from "../../cluster/wait.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { CANARIES, deployWithFlagger, startFlagger } from "./flagger.ts";
import { interrupted } from "./interrupted.ts";
import { reachesPhase } from "./phase.ts";

const REQUESTS = 20_000;
const REPLICAS = 4;
const names = flaggerSteps.map(({ name }) => name);
/** The steps that can be undone. */
const reversible = flaggerSteps.filter(({ undo }) => undo !== undefined).map(({ name }) => name);

onEachGateway("the switch-over beside the real controller of Flagger", function (gateway) {
  this.timeout(480_000);
  let shop: Shop;
  let flagger: Daemon | undefined;
  let load: Load;
  before(async () => {
    shop = await Shop.open("rival", { gateway });
    flagger = await startFlagger(shop);
    await deployWithFlagger(shop, REPLICAS);
    load = shop.load(200);
  });
  after(async () => {
    await shop?.close();
    await flagger?.stop("SIGTERM", 5_000);
  });

  it("is undone after a kill at every step, and Flagger releases as before", async () => {
    const last = reversible.at(-1) ?? "";
    const there = await interrupted(shop, "flagger", "web", `--to=${last}`);
    expect(there.killed).to.deep.equal(reversible);
    const back = await interrupted(shop, "flagger", "web", "--to=start");
    expect(back.killed).to.deep.equal(reversible.toReversed());
    expect(load.since(0).failed, "failed requests").to.equal(0);
    await eventually("Flagger's finalizer back", async () => {
      const { metadata, spec } = JSON.parse(await shop.run("get", "canary/web", "-o=json"));
      expect(spec).to.include({ revertOnDeletion: true }).and.not.have.property("suspend");
      return metadata.finalizers?.includes("finalizer.flagger.app") || undefined;
    });
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await reachesPhase(shop, CANARIES, "Progressing");
    await reachesPhase(shop, CANARIES, "Succeeded");
    expect(shop.deployment("web-primary").spec.template.spec?.containers?.[0]?.image).to.equal("app:v2");
  });

  it("ends with Serin alone after a kill at every step, without a failed request", async () => {
    const from = Date.now();
    const { killed, said } = await interrupted(shop, "flagger", "web");
    expect(killed).to.deep.equal(names);
    expect(said).to.contain("deployment.apps/web is with Serin alone");
    expect(await shop.names("deployments")).to.deep.equal(["web"]);
    expect(await shop.names("services")).to.deep.equal(["web"]);
    expect(shop.deployment().spec.replicas).to.equal(REPLICAS);
    await shop.answered(load, from, REQUESTS);
    const { total, failed } = load.since(from);
    expect({ failed }, `failed of ${total} requests`).to.deep.equal({ failed: 0 });
  });

  it("leaves a Deployment that Flagger does not touch while Serin rolls out", async () => {
    const from = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(50);
    await shop.promote();
    await shop.until("v3's record", () => shop.record("v3")?.outcome === "promoted");
    expect(await shop.names("deployments")).to.deep.equal(["web"]);
    await expectNoFailures(load, from);
  });
});
