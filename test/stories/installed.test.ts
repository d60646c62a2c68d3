import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { groupOf, unidentified, type WebhookConfiguration } from "../../certs/configuration.ts";
import { describeClusterWith } from "../cluster/fixture.ts";
import type { Overlay } from "../cluster/overlay.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

/** OpenShift has the first one; PodSecurity is on by default and here for the reader. */
const PLUGINS = ["OwnerReferencesPermissionEnforcement", "AlwaysPullImages", "PodSecurity"];
const CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const PLAN = { "serin.dev/steps": "50:5s", "serin.dev/compare": "off", "serin.dev/checks": "none" };

const AS_IT_IS: Overlay = {};
const RENAMED: Overlay = {
  namespace: "platform",
  prefix: "acme-",
  accounts: { webhook: "gate", controller: "mover" },
  components: ["openshift", "network-policy", "flow-schema"],
};

// An installation is between Serin and the API server, so one gateway is enough.
describeClusterWith({ plugins: PLUGINS }, "Serin under strict admission plugins", function () {
  this.timeout(240_000);
  let shop: Shop | undefined;
  afterEach(async () => {
    await shop?.close();
    shop = undefined;
  });

  it("works as it is, and says once that its namespace may not own the configuration", async () => {
    shop = await Shop.open("installed", { overlay: AS_IT_IS });
    await releaseAndUndo(shop);
    const { metadata } = await configuration(shop, "serin");
    expect(metadata.ownerReferences).to.equal(undefined);
    const logs = join(shop.cluster.dir, "kubelet");
    const own = readdirSync(logs).filter((name) => /^serin-system_.*_webhook\.log$/.test(name));
    const said = own.map((name) =>
      readFileSync(join(logs, name), "utf8").split("may not make its namespace own"),
    );
    expect(said.map(({ length }) => length - 1)).to.deep.equal([1, 1]);
  });

  it("works in another namespace under other names, as the owner of the configuration", async () => {
    shop = await Shop.open("renamed", { overlay: RENAMED });
    await releaseAndUndo(shop);
    const found = await configuration(shop, "acme-serin");
    expect(unidentified(found, groupOf("platform"))).to.deep.equal([]);
    expect(found.metadata.ownerReferences?.map(({ name }) => name)).to.deep.equal(["platform"]);
  });
});

async function releaseAndUndo(shop: Shop): Promise<void> {
  await shop.deploy({ interval: "5s", plan: PLAN, preStopSeconds: 3 });
  const load = shop.load(100);
  await shop.run("set", "image", "deployment/web", "app=app:v2");
  await shop.weighs(50);
  await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
  await shop.atRest();
  await shop.until("v2's record", () => shop.record("v2")?.outcome === "promoted");

  await shop.run("annotate", "--overwrite", "deployment/web", "serin.dev/steps=50:60s");
  await shop.run("set", "image", "deployment/web", "app=app:v3");
  await shop.weighs(50);
  await shop.run("rollout", "undo", "deployment/web");
  await shop.atRest();
  await shop.until("v3's record", () => shop.record("v3")?.outcome === "undone");
  await expectNoFailures(load);
}

function configuration({ cluster }: Shop, name: string): Promise<WebhookConfiguration> {
  return cluster.api.demand<WebhookConfiguration>("GET", `${CONFIGURATIONS}/${name}`);
}
