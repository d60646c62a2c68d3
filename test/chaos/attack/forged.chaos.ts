import { expect } from "chai";
import { Agent, request } from "undici";
import { accounts, readAudit, SERIN } from "../../cluster/audit.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { measured } from "../../stories/measured.ts";
import { Shop } from "../../stories/shop.ts";
import { aReview } from "../../support/review.ts";
import { HALF } from "../leader/midway.ts";

interface Pod {
  readonly spec: {
    readonly containers: readonly {
      readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
    }[];
  };
  readonly status: { readonly podIP: string };
}

type Method = "POST" | "PUT" | "PATCH" | "DELETE";

const KINDS = {
  deployments: "Deployment",
  services: "Service",
  routes: "HTTPRoute",
  ownership: "Service",
} as const;
const WRONG = ["0".repeat(64), "f".repeat(63), "", "plain", "..", "%2e%2e", "A".repeat(64)];
const PATHS = [
  ...["deployments", "services", "routes", "ownership", "config"].flatMap((plural) => [
    `/admit/${plural}`,
    `/admit/${plural}/`,
    ...WRONG.map((token) => `/admit/${token}/${plural}`),
  ]),
  ...["/", "/admit", "/metrics", "/debug/pprof", "/validate", "/mutate", "/admit/deployments?token=x"],
];

/** Of the probes and of the dashboard. */
const OTHER_PATHS = [
  "/healthz",
  "/readyz",
  "/livez",
  "/api/rollouts",
  "/api/rollouts/shop/web",
  "/api/stream",
];

/** It closes a minute after all webhook pods serve the token. */
const CLOSED_MS = 120_000;

// A pod needs no credentials to connect to another one. Only a NetworkPolicy can keep it away, and none is installed here.
describeCluster("a pod that calls the webhook in the API server's place", function () {
  this.timeout(120_000);
  let shop: Shop;
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  before("waits until the path without a token is closed", async function () {
    this.timeout(180_000);
    shop = await Shop.open("forged", { overlay: { components: ["dashboard"] } });
    await shop.deploy(HALF);
    for (const address of await addresses())
      await eventually(
        "404 at the path without a token",
        async () => ((await post(address, "/admit/deployments", "{}")) === 404 ? true : undefined),
        CLOSED_MS,
      );
  });
  after(async () => {
    await agent.close();
    await shop?.close();
  });

  it("gets 404 at every path, with every body, and Serin only reads its own configuration, once a second", async function () {
    const before = written(shop);
    const from = Date.now();
    const reachable = await addresses();
    // All at once: before it refuses a token, the webhook waits for the next read of its configuration.
    const sent = reachable.flatMap((address) =>
      PATHS.flatMap((path) =>
        bodies(shop).map(async (body) => [path, await post(address, path, body)] as const),
      ),
    );
    const wrong = (await Promise.all(sent)).filter(([, status]) => status !== 404);
    expect(wrong).to.deep.equal([]);
    const to = Date.now();
    const asked = await readAudit(shop.cluster.auditLog, [accounts.webhook]);
    const during = asked.filter(({ requestReceivedTimestamp: at }) => {
      return Date.parse(at) >= from && Date.parse(at) <= to;
    });
    const others = during.filter(({ objectRef }) => objectRef?.resource !== "mutatingwebhookconfigurations");
    expect(others.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).to.deep.equal([]);
    expect(during.length).to.be.at.most(reachable.length * (2 + (to - from) / 1_000));
    expect(written(shop)).to.deep.equal(before);
    measured(this, `${sent.length} requests in ${to - from} ms, ${during.length} reads of the configuration`);
  });

  it("changes nothing at the other ports, by any method", async function () {
    const before = written(shop);
    const from = Date.now();
    let sent = 0;
    const places = await openPorts();
    for (const place of places)
      for (const path of [...PATHS, ...OTHER_PATHS])
        for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
          const [body = ""] = bodies(shop);
          await send(`http://${place}${path}`, method, body);
          sent += 1;
        }
    const caused = (await readAudit(shop.cluster.auditLog, SERIN)).filter(
      ({ objectRef, requestReceivedTimestamp: at }) =>
        Date.parse(at) >= from && objectRef?.namespace === shop.namespace,
    );
    expect(caused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).to.deep.equal([]);
    expect(written(shop)).to.deep.equal(before);
    measured(this, `${sent} requests to ${places.length} ports`);
  });

  it("keeps nobody from an update", async () => {
    const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
    expect(code, stderr).to.equal(0);
    await shop.weighs(50);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
  });

  const post = (address: string, path: string, body: string) =>
    send(`https://${address}:8443${path}`, "POST", body);

  async function send(url: string, method: Method, body: string): Promise<number> {
    const headers = { "content-type": "application/json" };
    const answer = await request(url, { method, headers, body, dispatcher: agent });
    await answer.body.dump();
    return answer.statusCode;
  }

  async function podsOf(selector: string): Promise<readonly Pod[]> {
    const args = ["get", "pods", `--selector=${selector}`, "-o=json"];
    const { stdout } = await shop.cluster.kubectl(args, { namespace: "serin-system" });
    return (JSON.parse(stdout) as { items: Pod[] }).items;
  }

  /** The addresses of the webhook's pods. */
  async function addresses(): Promise<readonly string[]> {
    const found = (await podsOf("app.kubernetes.io/name=serin")).map(({ status }) => status.podIP);
    expect(found).to.have.length(2);
    return found;
  }

  /** Every port of Serin's pods by its address: metrics, probes and the dashboard. The webhook's has a test of its own. */
  async function openPorts(): Promise<readonly string[]> {
    const found = (await podsOf("app.kubernetes.io/name")).flatMap(({ status, spec }) =>
      spec.containers.flatMap(({ ports = [] }) =>
        ports
          .filter(({ name }) => name !== "https")
          .map(({ containerPort }) => `${status.podIP}:${containerPort}`),
      ),
    );
    // Two webhooks, two controllers with two ports each, and a dashboard with two.
    expect(found).to.have.length.of.at.least(8);
    return found;
  }
});

/** The versions of the user's objects. */
function written({ stock }: Shop): readonly (string | undefined)[] {
  const all = [stock.deployments, stock.services, stock.httproutes, stock.replicasets];
  return all.flatMap((kind) => [...kind.values()].map(({ metadata }) => metadata.resourceVersion));
}

/** Forged reviews about the stored objects, with marks and records that would make Serin write; and bodies that are none. */
function bodies({ stock, namespace }: Shop): readonly string[] {
  const deployment = stock.deployments.get("web");
  const labels = { "serin.dev/flight": deployment?.metadata.uid, "serin.dev/track": "true" };
  const held = {
    ...{ started: "2026-01-01T00:00:00Z", phase: "canary", stable: "nosuchhash", originals: {} },
    ...{ selector: { app: "db" }, since: "2026-01-01T00:00:00Z", rules: {}, flights: {} },
  };
  const annotations = { "serin.dev/held": JSON.stringify(held), "serin.dev/rollout": "canary" };
  const forge = (object: object | undefined) => {
    const { metadata = {} } = (object ?? {}) as { metadata?: object };
    return { ...object, metadata: { ...metadata, labels, annotations } };
  };
  const stored = {
    deployments: deployment,
    services: stock.services.get("web"),
    routes: stock.httproutes.get("web"),
  };
  const objects = { ...stored, ownership: stored.services };
  const reviews = Object.entries(KINDS).map(([plural, kind]) => {
    const oldObject = forge(objects[plural as keyof typeof KINDS]);
    const object = { ...oldObject, kind, spec: {} };
    return JSON.stringify(aReview({ kind: { kind }, namespace, object, oldObject }));
  });
  const secret = { kind: "Secret", metadata: { name: "web", namespace, labels }, data: { a: "Yg==" } };
  return [
    ...reviews,
    JSON.stringify(
      aReview({ kind: { kind: "Secret" }, namespace, object: secret, oldObject: { ...secret, data: {} } }),
    ),
    "{",
    "",
  ];
}
