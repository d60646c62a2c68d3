import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { issueAuthority, issueLeaf } from "../../../certs/issue.ts";
import { onEachGateway } from "../../cluster/fixture.ts";
import { grants } from "../../stories/granted.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";

const CONFIGURATION = "zz-slow";
/** The time for which the other webhook keeps the update, in ms; the API server gives each webhook 30 s at most. */
const KEPT_MS = 20_000;

onEachGateway("another webhook that keeps an update for 20 s", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  let slow: Slow;
  beforeEach(async () => {
    shop = await Shop.open("slow-webhook", { gateway });
    slow = await keepOneUpdate(shop);
  });
  afterEach(async () => {
    await slow.close();
    await shop.close();
  });

  it("shows the new version to no user before it has a weight", async function () {
    await shop.deploy({
      interval: "4s",
      plan: { "serin.dev/steps": "10:20s", "serin.dev/compare": "off", "serin.dev/checks": "none" },
    });
    await slow.begin();
    const load = shop.load(200);
    const from = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    const storedMs = Date.now() - from;
    expect(storedMs, "ms until the update was stored").to.be.at.least(KEPT_MS);
    await shop.weighs(10);
    const [first] = grants(shop, from);
    const { total, byVersion } = load.between(from, first?.at ?? 0);
    expect(byVersion, "answers before the first weight").to.have.all.keys("v1");
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    await expectNoFailures(load);
    measured(this, `stored after ${storedMs} ms, ${total} requests before the first weight`);
  });
});

/** A webhook that the API server asks after Serin's. */
interface Slow {
  begin(): Promise<void>;
  close(): Promise<void>;
}

/** A webhook that keeps the first update of a Deployment in the shop for KEPT_MS and allows all. */
async function keepOneUpdate({ cluster, namespace }: Shop): Promise<Slow> {
  const life = { now: Date.now(), lifeMs: 3_600_000 };
  const authority = await issueAuthority(life);
  const leaf = await issueLeaf(authority, ["localhost"], life);
  let isKept = false;
  const server = createServer(leaf, async (request, response) => {
    const { request: asked } = (await json(request)) as { request: { uid: string } };
    const keptMs = isKept ? 0 : KEPT_MS;
    isKept = true;
    await sleep(keptMs);
    const answer = { uid: asked.uid, allowed: true };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const webhook = {
    name: "slow.example.com",
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    timeoutSeconds: 30,
    clientConfig: {
      url: `https://localhost:${port}/`,
      caBundle: Buffer.from(authority.cert).toString("base64"),
    },
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    rules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["deployments"] }],
  };
  const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  return {
    async begin() {
      await cluster.api.demand("POST", path, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingWebhookConfiguration",
        metadata: { name: CONFIGURATION },
        webhooks: [webhook],
      });
    },
    async close() {
      await cluster.api.demand("DELETE", `${path}/${CONFIGURATION}`);
      server.closeAllConnections();
      server.close();
    },
  };
}
