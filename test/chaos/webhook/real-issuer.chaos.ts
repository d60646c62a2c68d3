import { expect } from "chai";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Daemon } from "../../cluster/daemon.ts";
import { cluster, describeClusterWith } from "../../cluster/fixture.ts";
import type { Overlay } from "../../cluster/overlay.ts";
import { removeSerin } from "../../cluster/serin.ts";
import { eventually } from "../../cluster/wait.ts";
import { ask } from "../../stories/asks.ts";
import { servedIn } from "../../stories/served.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { CHART, helmIn, withoutSerin } from "../people/serin-chart.ts";
import { isInjectedIn, issuedIn, renewIn, startCertManager } from "./real-issuer.ts";

const COMPONENT: Overlay = { components: ["cert-manager"] };
const VALUES = ["--set=certManager.enabled=true", "--create-namespace"];
const PLAN = { "serin.dev/steps": "50:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const KINDS = "mutatingwebhookconfigurations,validatingadmissionpolicies,clusterroles,clusterrolebindings";
const KINDS_OF_CERT_MANAGER = "certificates,issuers,certificaterequests";

// cert-manager's controllers run beside the API server. The certificate is not between gateway and pods, so one is enough.
describeClusterWith({}, "the real cert-manager", function () {
  this.timeout(300_000);
  let certManager: Daemon | undefined;
  let shop: Shop | undefined;
  before(async () => {
    certManager = await startCertManager(await cluster());
  });
  afterEach(async () => {
    await shop?.close();
    shop = undefined;
  });
  after(() => certManager?.stop("SIGTERM", 5_000));

  it("issues the certificate of the component, and none of it is left", async () => {
    shop = await Shop.open("component", { overlay: COMPONENT });
    await releaseAndRenew(shop);
    await removeSerin(shop.cluster, COMPONENT);
    await isGone(shop.cluster);
  });

  it("issues the certificate of the chart, whose removal in mid-flight loses no request", async () => {
    shop = await Shop.open("chart");
    const helm = helmIn(shop.cluster, 4);
    await withoutSerin(shop.cluster);
    await helm("install", "serin", CHART, ...VALUES, "--wait", "--timeout=120s");
    await helm("test", "serin", "--timeout=60s");
    await releaseAndRenew(shop);
    const load = shop.load(100);
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(50);
    await helm(
      "upgrade",
      "serin",
      CHART,
      ...VALUES,
      "--set=webhook.logLevel=debug",
      "--wait",
      "--timeout=120s",
    );
    expect(await isInjectedIn(shop.cluster), "the bundle after an upgrade").to.equal(true);
    await helm("uninstall", "serin", "--wait", "--timeout=120s");
    await shop.atRest();
    await expectNoFailures(load);
    await isGone(shop.cluster);
  });
});

/** Promotes a canary, and renews the certificate and then its authority meanwhile. */
async function releaseAndRenew(shop: Shop): Promise<void> {
  const { cluster } = shop;
  const isServed = () =>
    eventually("the issued certificate served by both pods", async () => {
      const served = await servedIn(cluster);
      return (served.size === 1 && served.has(await issuedIn(cluster))) || undefined;
    });
  await isServed();
  expect(await isInjectedIn(cluster)).to.equal(true);
  await shop.deploy({ preStopSeconds: 3, plan: PLAN });
  await shop.deploy({ name: "other", replicas: 1 });
  const load = shop.load(100);
  await shop.run("set", "image", "deployment/web", "app=app:v2");
  await shop.weighs(50);

  await using asks = ask(shop, "other");
  const first = await issuedIn(cluster);
  await renewIn(cluster, "serin");
  expect(await issuedIn(cluster)).to.not.equal(first);
  await isServed();
  await renewIn(cluster, "serin-authority");
  await renewIn(cluster, "serin");
  await isServed();
  const renewed = asks.total();
  await eventually("a hundred more", async () => asks.total() > renewed + 100 || undefined);
  expect(await asks.stop(), "refused while certificate and authority were renewed").to.deep.equal([]);
  expect(await isInjectedIn(cluster)).to.equal(true);

  await shop.promote();
  await shop.until("v2's record", () => shop.record("v2")?.outcome === "promoted");
  await expectNoFailures(load);
}

/** Waits until no object of Serin's is left outside its namespace, and none of cert-manager's kinds in it. */
async function isGone({ kubectl }: Cluster): Promise<void> {
  const found = async (...args: string[]) => {
    const { code, stdout, stderr } = await kubectl(["get", ...args, "-o=name"]);
    expect(code, stderr).to.equal(0);
    return stdout.trim();
  };
  await eventually("nothing left", async () => {
    const own = await found(KINDS, "-l=app.kubernetes.io/name=serin");
    return (own === "" && (await found(KINDS_OF_CERT_MANAGER, "-A")) === "") || undefined;
  });
}
