import { expect } from "chai";
import { appManifests } from "../cluster/app.ts";
import { type AuditEvent, readAudit, SERIN } from "../cluster/audit.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { Shop } from "./shop.ts";

// At rest Serin uses no gateway, so one gateway is enough.
describeCluster("at rest", function () {
  this.timeout(180_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("at-rest");
  });
  afterEach(() => shop.close());

  it("an opted-in Deployment, its Service and its route are exactly as the user wrote them, and Serin sends no request", async () => {
    await deployPlain(shop, "web");
    const before = await manifests(shop);
    await shop.run("annotate", "deployment/web", "serin.dev/rollout=canary");
    await shop.until("opted in", () => "serin.dev/rollout" in annotations(shop));
    await shop.run("label", "deployment/web", "team=shop");
    await shop.run("scale", "deployment/web", "--replicas=3");
    await shop.until("three pods", () => shop.deployment().status?.readyReplicas === 3);

    const [deployment, ...others] = await manifests(shop);
    const [was, ...wereOthers] = before;
    expect(others).to.deep.equal(wereOthers);
    const { spec, metadata } = was;
    expect(deployment).to.deep.equal({
      ...was,
      spec: { ...spec, replicas: 3 },
      metadata: {
        ...metadata,
        labels: { ...metadata.labels, team: "shop" },
        annotations: { ...metadata.annotations, "serin.dev/rollout": "canary" },
      },
    });

    const asked = await readAudit(shop.cluster.auditLog, SERIN);
    expect(asked.length, "requests of Serin's in all").to.be.above(0);
    expect(asked.filter(isAbout(shop))).to.deep.equal([]);

    await shop.run("annotate", "deployment/web", "serin.dev/rollout-");
    await shop.run("label", "deployment/web", "team-");
    await shop.run("scale", "deployment/web", "--replicas=2");
    expect(await manifests(shop)).to.deep.equal(before);
    // A Service may still wait for an update that another admission refused; Serin must restore it first, for the
    // Deployment that is stored.
    const since = (await readAudit(shop.cluster.auditLog, SERIN)).filter(isAbout(shop));
    expect([...new Set(since.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))]).to.deep.equal([
      "get deployments",
      "list services",
    ]);
  });

  it("a restart by native control asks Serin once, and costs five requests", async () => {
    await deployPlain(shop, "web", { "serin.dev/rollout": "canary" });
    const asked = async () => (await readAudit(shop.cluster.auditLog, SERIN)).filter(isAbout(shop));
    const before = (await asked()).length;
    await shop.run("rollout", "restart", "deployment/web");
    const since = (await asked())
      .slice(before)
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
    expect(since.sort()).to.deep.equal([
      ...["get deployments", "get deployments", "get namespaces"],
      ...["list replicasets", "list services"],
    ]);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  });

  it("without Serin users can change everything except the template of an opted-in Deployment", async () => {
    await deployPlain(shop, "plain");
    await deployPlain(shop, "web", { "serin.dev/rollout": "canary" });
    const serin = shop.cluster.kubelet.pods("serin-system", "webhook");
    expect(serin).to.have.length(2);
    await Promise.all(serin.map((pod) => shop.cluster.kubelet.keepDown("serin-system", pod, "webhook")));
    try {
      await shop.run("set", "image", "deployment/plain", "app=app:v2");
      await shop.run("rollout", "status", "deployment/plain", "--timeout=60s");
      for (const name of ["plain", "web"]) {
        await shop.run("label", `service/${name}`, `httproute/${name}`, "team=shop");
        await shop.run("scale", `deployment/${name}`, "--replicas=3");
      }
      const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
      expect(code).to.equal(1);
      expect(stderr).to.include('failed calling webhook "new-version.serin.dev"');
    } finally {
      for (const pod of serin) shop.cluster.kubelet.bringBack("serin-system", pod, "webhook");
    }
    await shop.cluster.kubectl([
      "wait",
      "pod",
      "--all",
      "-n",
      "serin-system",
      "--for=condition=Ready",
      "--timeout=60s",
    ]);
    expect(await shop.run("set", "image", "deployment/web", "app=app:v2", "--dry-run=server")).to.include(
      "canary 10→25→50 %",
    );
  });
});

const isAbout =
  ({ namespace }: Shop) =>
  ({ objectRef }: AuditEvent) =>
    objectRef?.namespace === namespace;

/** Two pods behind a Service and a route, with the given annotations only. */
async function deployPlain(shop: Shop, name: string, given: Record<string, string> = {}): Promise<void> {
  const { namespace } = shop;
  await shop.apply(appManifests({ name, namespace, host: shop.host(name), replicas: 2, annotations: given }));
  await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
  await shop.serves(shop.host(name));
}

/** The Deployment, its Service and its route. */
function manifests(shop: Shop) {
  return Promise.all([shop.manifest("deployments"), shop.manifest("services"), shop.manifest("httproutes")]);
}

function annotations(shop: Shop): Record<string, string> {
  return shop.deployment().metadata.annotations ?? {};
}
