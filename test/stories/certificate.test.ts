import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import type { Cluster } from "../cluster/cluster.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { eventually } from "../cluster/wait.ts";
import { ask } from "./asks.ts";
import { Shop } from "./shop.ts";

const SECRET = "/api/v1/namespaces/serin-system/secrets/serin-certificate";
const CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/serin";

interface Secret {
  data: Record<string, string>;
}
interface Configuration {
  metadata: { ownerReferences?: { kind: string; name: string }[] };
  webhooks: { name: string; clientConfig: { caBundle?: string; service: { path: string } } }[];
}

// The certificate is between the API server and Serin, so one gateway is enough.
describeCluster("Serin's certificate", function () {
  this.timeout(120_000);
  let shop: Shop;
  let cluster: Cluster;
  before(async () => {
    shop = await Shop.open("certificate");
    cluster = shop.cluster;
    await shop.deploy();
  });
  after(() => shop.close());

  it("is repaired when its Secret is deleted or spoiled, and no admission fails meanwhile", async () => {
    await using admissions = ask(shop);
    const original = await read(cluster);
    await cluster.api.demand("DELETE", SECRET);
    await eventually("the Secret written back", async () =>
      isSound(await read(cluster).catch(() => undefined)),
    );
    expect((await read(cluster)).data["tls.crt"], "the served certificate").to.equal(
      original.data["tls.crt"],
    );

    const spoiled = { data: { "tls.crt": Buffer.from("garbage").toString("base64") } };
    await cluster.api.demand("PATCH", SECRET, spoiled);
    await eventually("the Secret healed", async () => isSound(await read(cluster)));
    const healed = admissions.total();
    await eventually("a hundred admissions more", async () => admissions.total() > healed + 100 || undefined);
    expect(await admissions.stop(), "refused admissions").to.deep.equal([]);
  });

  it("stays in the bundle of every webhook, and the namespace stays the owner of the configuration", async () => {
    const emptied = [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }];
    await cluster.api.demand("PATCH", CONFIGURATION, emptied);
    const bundle = (await read(cluster)).data["ca.crt"];
    const healed = await eventually("the bundle put back", async () => {
      const found = await cluster.api.demand<Configuration>("GET", CONFIGURATION);
      return found.webhooks.every(({ clientConfig }) => clientConfig.caBundle === bundle) ? found : undefined;
    });
    for (const { clientConfig } of healed.webhooks)
      expect(clientConfig.service.path).to.match(/^\/admit\/[\da-f]{64}\/[a-z]+$/);
    expect(healed.metadata.ownerReferences).to.have.length(1);
    expect(healed.metadata.ownerReferences?.[0]).to.include({ kind: "Namespace", name: "serin-system" });
  });
});

function read(cluster: Cluster): Promise<Secret> {
  return cluster.api.demand<Secret>("GET", SECRET);
}

/** Expects that the authority in the Secret issued the leaf. */
function isSound(secret: Secret | undefined): true | undefined {
  try {
    const pem = (key: string) => Buffer.from(secret?.data[key] ?? "", "base64");
    const leaf = new X509Certificate(pem("tls.crt"));
    return leaf.checkIssued(new X509Certificate(pem("ca.crt"))) || undefined;
  } catch {
    return undefined;
  }
}
