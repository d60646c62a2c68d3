import { expect } from "chai";
import type { WebhookConfiguration } from "../../certs/configuration.ts";
import { readBundle } from "../../certs/inspect.ts";
import { cluster, describeClusterWith } from "../cluster/fixture.ts";
import { eventually } from "../cluster/wait.ts";
import { ask } from "./asks.ts";
import { ExternalIssuer } from "./external-issuer.ts";
import { servedIn } from "./served.ts";
import { Shop } from "./shop.ts";

const CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/serin";

// The certificate is between the API server and Serin, so one gateway is enough; the cluster ends with cert-manager's kinds.
describeClusterWith({}, "a certificate of cert-manager", function () {
  this.timeout(240_000);
  let shop: Shop;
  let issuer: ExternalIssuer;
  before(async () => {
    issuer = await ExternalIssuer.installedIn(await cluster());
    const opening = Shop.open("cert-manager", { overlay: { components: ["cert-manager"] } });
    await Promise.all([opening, issuer.begin()]);
    shop = await opening;
    await shop.deploy();
  });
  after(() => shop?.close());

  const configuration = () => shop.cluster.api.demand<WebhookConfiguration>("GET", CONFIGURATION);
  const serves = (pem: string) =>
    eventually("both pods serve it", async () => {
      const served = await servedIn(shop.cluster);
      return (served.size === 1 && served.has(readBundle(pem).join(""))) || undefined;
    });

  it("is served by Serin, which keeps the token in the paths and leaves the bundle to cert-manager", async () => {
    const { webhooks = [] } = await configuration();
    for (const { clientConfig } of webhooks)
      expect(clientConfig.service?.path).to.match(/^\/admit\/[\da-f]{64}\/[a-z]+$/);
    const changed = await shop.run("set", "image", "deployment/web", "app=app:v2", "--dry-run=server");
    expect(changed).to.contain("web");
    const own = await shop.cluster.api.demand<{ data: object }>(
      "GET",
      "/api/v1/namespaces/serin-system/secrets/serin-certificate",
    );
    expect(Object.keys(own.data)).to.deep.equal(["webhook-tokens"]);
  });

  it("is renewed without a refused admission, before and after an apply takes token and bundle away", async () => {
    await using asks = ask(shop);
    await serves(await issuer.issue());
    const renewed = asks.total();
    await eventually("a hundred more", async () => asks.total() > renewed + 100 || undefined);
    expect(await asks.stop()).to.deep.equal([]);
    const [before] = (await configuration()).webhooks ?? [];
    const { caBundle } = before?.clientConfig ?? {};
    await shop.cluster.api.demand("PATCH", CONFIGURATION, [
      { op: "replace", path: "/webhooks/0/clientConfig/service/path", value: "/admit/deployments" },
      { op: "remove", path: "/webhooks/0/clientConfig/caBundle" },
    ]);
    await eventually("the token put back", async () => {
      const [first] = (await configuration()).webhooks ?? [];
      return first?.clientConfig.service?.path === before?.clientConfig.service?.path || undefined;
    });
    const [first] = (await configuration()).webhooks ?? [];
    expect(first?.clientConfig.caBundle, "left to cert-manager").to.equal(undefined);
    await issuer.inject();
    const [injected] = (await configuration()).webhooks ?? [];
    expect(injected?.clientConfig.caBundle).to.equal(caBundle);
  });

  it("of a new authority is served when the API server trusts it", async () => {
    const old = await servedIn(shop.cluster);
    await using asks = ask(shop);
    await issuer.newAuthority();
    const next = await issuer.issue();
    await eventually("a hundred asks", async () => asks.total() > 100 || undefined);
    expect(await servedIn(shop.cluster)).to.deep.equal(old);
    expect(asks.refused()).to.deep.equal([]);
    await issuer.inject();
    await serves(next);
    const now = asks.total();
    const refused = asks.refused().length;
    await eventually("a hundred more", async () => asks.total() > now + 100 || undefined);
    expect((await asks.stop()).length, "refused since every pod serves it").to.equal(refused);
  });
});
