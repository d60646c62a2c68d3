import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { expect } from "chai";
import { Accepted } from "../../../certs/accepted.ts";
import { readBundle } from "../../../certs/inspect.ts";
import { ownerKeeper } from "../../../certs/keep-owner.ts";
import { readPath } from "../../../certs/paths.ts";
import { Peers } from "../../../certs/peers.ts";
import { keepServing } from "../../../certs/serve.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import type { KubeObject } from "../../../kube/core/meta.ts";
import {
  mutatingWebhookConfigurations,
  namespaces,
  pods,
  secrets,
  services,
} from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog, rememberingLog } from "../../support/log.ts";

/** How far a client lags behind what is trusted, in ms; on a machine so busy that it is more, that is another case. */
const LAG_MS = 300;
const namespace = "serin-system";
const host = "serin.serin-system.svc";
const configuration = () => ({
  metadata: { name: "serin" },
  webhooks: ["a", "b"].map((name) => ({
    name,
    clientConfig: { service: { name: "serin", path: "/admit/config" } },
    // Of an installation in another namespace.
    matchConditions: [
      { name: "serin", expression: '"system:serviceaccounts:else" in request.userInfo.groups' },
    ],
  })),
});
type ClientConfig = { caBundle?: string; service?: { path?: string } };
type Configuration = KubeObject & {
  webhooks: { name: string; clientConfig: ClientConfig; matchConditions: { expression: string }[] }[];
};
const unread = { clock: systemClock, settleMs: 60_000, read: async () => new Set<string>() };

describe("certs/serve", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  let servers: Server[];
  beforeEach(async () => {
    [stop, servers] = [new AbortController(), []];
    api = await FakeApi.start();
    kube = api.connect();
    api.add(namespaces, { metadata: { name: "serin-system", uid: "home" } });
  });
  afterEach(async () => {
    stop.abort();
    for (const server of servers) server.close();
    await kube.close();
    await api.stop();
  });

  const needs = () => ({
    kube,
    namespace,
    name: "serin-certificate",
    names: [host] as const,
    configuration: "serin",
    service: "serin",
    accepted: new Accepted(unread),
    peers: new Peers(namespace),
    clock: systemClock,
    signal: stop.signal,
    log: noLog,
  });
  const stored = () =>
    api.store.get("admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "/serin") as Configuration;
  const trusted = () => Buffer.from(stored().webhooks[0]?.clientConfig.caBundle ?? "", "base64").toString();

  const token = () => readPath(stored().webhooks[0]?.clientConfig.service?.path)?.token ?? "";

  it("makes the namespace own the configuration once, and says once that it may not", async () => {
    api.add(mutatingWebhookConfigurations, configuration());
    const said: unknown[] = [];
    const log = { ...noLog, warn: (fields: unknown) => said.push(fields) };
    const keepOwner = ownerKeeper({ kube, configuration: "serin", namespace, log });
    const owners = () => stored().metadata.ownerReferences;
    api.faults.push(({ method }) => (method === "PATCH" ? { status: 403 } : undefined));
    await keepOwner();
    await keepOwner();
    expect([said.length, owners()]).to.deep.equal([1, undefined]);
    api.faults.pop();
    await Promise.all([keepOwner(), keepOwner(), keepOwner()]);
    await keepOwner();
    expect(owners()).to.deep.equal([
      { apiVersion: "v1", kind: "Namespace", name: "serin-system", uid: "home" },
    ]);
    expect(stored().metadata.resourceVersion).to.equal(String(api.store.version));
  });

  it("is reached where the API server refuses an owner of the configuration", async () => {
    let isReached = false;
    api.add(mutatingWebhookConfigurations, configuration());
    api.faults.push(({ method, path }) =>
      method === "GET" && path.endsWith(`/namespaces/${namespace}`) ? { status: 403 } : undefined,
    );
    const serving = keepServing({
      ...needs(),
      apply() {},
      onReach(now) {
        isReached = now;
      },
    });
    await eventually("reached", () => isReached);
    expect(stored().webhooks.map(({ matchConditions }) => matchConditions[0]?.expression)).to.deep.equal(
      ["a", "b"].map(() => `"system:serviceaccounts:${namespace}" in request.userInfo.groups`),
    );
    stop.abort();
    await serving;
  });

  it("is not reached, and says why, when an installation of the same names took the configuration and the rights", async () => {
    const log = rememberingLog();
    let isReached = false;
    api.add(mutatingWebhookConfigurations, configuration());
    const serving = keepServing({
      ...{ ...needs(), log },
      apply() {},
      onReach(now) {
        isReached = now;
      },
    });
    await eventually("reached", () => isReached);
    api.faults.push(({ method, path }) =>
      method !== "GET" || path.endsWith("/mutatingwebhookconfigurations/serin") ? { status: 403 } : undefined,
    );
    const service = { namespace: "platform", name: "serin", path: "/admit/config" };
    const webhooks = stored().webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, service },
    }));
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks });
    const said = () => log.fields.map((fields) => ("err" in fields ? String(fields.err) : ""));
    await eventually("said", () => said().some((text) => text.includes("calls the Service platform/serin")));
    expect(isReached).to.equal(false);
    stop.abort();
    await serving;
  });

  it("learns of another installation, says so once, and forgets it when it is gone", async () => {
    const log = rememberingLog();
    const peers = new Peers(namespace);
    const others = (name: string) => ({
      metadata: { name },
      webhooks: [
        { name: "plan.serin.dev", clientConfig: { service: { namespace: "platform", name: "acme-serin" } } },
      ],
    });
    api.add(mutatingWebhookConfigurations, others("acme-serin"));
    api.add(mutatingWebhookConfigurations, {
      ...others("istio"),
      webhooks: [{ name: "istio.io", clientConfig: {} }],
    });
    api.add(mutatingWebhookConfigurations, configuration());
    let isReached = false;
    const serving = keepServing({
      ...{ ...needs(), log, peers },
      apply() {},
      onReach(now) {
        isReached = now;
      },
    });
    await eventually("reached", () => isReached);
    expect([...peers.namespaces]).to.deep.equal(["platform"]);
    api.change(mutatingWebhookConfigurations, "/acme-serin", { metadata: { labels: { a: "b" } } });
    api.remove(mutatingWebhookConfigurations, "/acme-serin");
    await eventually("forgotten", () => peers.namespaces.size === 0);
    const said = "error: another installation of Serin acts on this cluster: remove one of the two";
    expect(log.lines.filter((line) => line === said)).to.have.length(1);
    // This configuration lacks webhooks, which is said once as well, however often Serin changes it.
    expect(log.lines.filter((line) => line.includes("go out without a canary"))).to.have.length(1);
    stop.abort();
    await serving;
  });

  it("serves, renews, heals and is trusted again when the configuration was overwritten", async () => {
    const served: string[] = [];
    let isReached = false;
    const serving = keepServing({
      ...needs(),
      apply: ({ cert }) => void served.push(cert),
      onReach(now) {
        isReached = now;
      },
    });
    await eventually("served before there is a configuration", () => served.length === 1);
    expect(isReached).to.equal(false);
    api.add(mutatingWebhookConfigurations, configuration());
    await eventually("trusted", () => trusted().includes("BEGIN CERTIFICATE"));
    await eventually("called at a secret path", () => token() !== "");
    await eventually("reached", () => isReached);
    api.change(mutatingWebhookConfigurations, "/serin", configuration());
    await eventually("trusted again", () => trusted().includes("BEGIN CERTIFICATE"));
    await eventually("called at a secret path again", () => token() !== "");
    const before = token();
    api.change(secrets, "serin-system/serin-certificate", { data: { "webhook-tokens": null } });
    await eventually("rotated by hand", () => ![before, ""].includes(token()));
    api.add(services, { metadata: { namespace, name: "serin" }, spec: { selector: { a: "b" } } });
    const old = api.add(pods, { metadata: { namespace, name: "old", labels: { a: "b" } } });
    await eventually("called at the plain path", () => token() === "");
    api.remove(pods, `${namespace}/${old.metadata.name}`);
    await eventually("called at a secret path at last", () => token() !== "");
    await eventually("reached again", () => isReached);
    api.remove(secrets, "serin-system/serin-certificate");
    await eventually("written back", () => api.store.list("/v1/secrets").length === 1);
    expect(served).to.have.length(1);
    stop.abort();
    await serving;
    await eventually("nothing open", () => api.watching === 0);
  });

  it("drops no handshake while leaves and authorities are rotated under load", async () => {
    api.add(mutatingWebhookConfigurations, configuration());
    const leaves = new Set<string>();
    const ready = new Set<Server>();
    const authorities = new Set<string>();
    // A certificate tells its instants in whole seconds, and its key takes time after the first of them.
    const lives = { authorityMs: 14_000, leafMs: 9_000, settleMs: 2_000 };
    const running = [1, 2].map(() => {
      const server = createServer((_, res) => res.end());
      servers.push(server);
      return keepServing({
        ...needs(),
        lives,
        onReach() {},
        apply(certificate) {
          server.setSecureContext(certificate);
          leaves.add(certificate.cert);
          ready.add(server);
        },
      });
    });
    for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
    await eventually("served and trusted", () => ready.size === 2 && trusted() !== "");
    let handshakes = 0;
    const failures: string[] = [];
    // Until an authority has been replaced by the next one, and then dropped.
    const isDone = () => {
      const now = readBundle(trusted()).map((ca) => ca.fingerprint256);
      return handshakes > 300 && leaves.size > 3 && [...authorities].some((known) => !now.includes(known));
    };
    const clients = servers.map(async (server) => {
      // The bundle is taken with a delay, as an API server's copy of the configuration lags behind.
      let [bundle, read] = [trusted(), Date.now()];
      while (failures.length === 0 && !isDone()) {
        if (Date.now() - read > LAG_MS) [bundle, read] = [trusted(), Date.now()];
        for (const ca of readBundle(bundle)) authorities.add(ca.fingerprint256);
        const [taken, next] = [read, trusted()];
        read = Date.now();
        const onError = (error: Error & { code?: string }) => {
          // A leaf is renewed three seconds before its end. A busy machine may need longer for the key.
          const isLate = Date.now() - taken > LAG_MS || error.code === "CERT_HAS_EXPIRED";
          if (!isLate) failures.push(String(error));
        };
        await Promise.all([1, 2].map(() => shake(server, bundle).then(() => handshakes++, onError)));
        await systemClock.sleep(100);
        bundle = next;
      }
    });
    await Promise.all(clients);
    stop.abort();
    await Promise.all(running);
    expect(failures).to.deep.equal([]);
  });
});

/** One handshake that verifies as the API server does: against the bundle, for the Service's name. */
function shake(server: Server, ca: string): Promise<void> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca, servername: host, minVersion: "TLSv1.2" }, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}
