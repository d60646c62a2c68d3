import { expect } from "chai";
import { Accepted } from "../../../certs/accepted.ts";
import { tokensIn, type WebhookConfiguration } from "../../../certs/configuration.ts";
import { keepConfiguration, keepTrust } from "../../../certs/keep-configuration.ts";
import { type Secret, tokensOf } from "../../../certs/material.ts";
import { PLAIN } from "../../../certs/paths.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { mutatingWebhookConfigurations, pods, secrets, services } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { FakeClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";

const namespace = "serin-system";
const name = "serin-certificate";
const lives = { lifeMs: 30 * 24 * 3_600_000, settleMs: 60_000 };
const paths = ["/admit/deployments", "/admit/config", "/elsewhere"];
const others = (of: string) => `!("system:serviceaccounts:${of}" in request.userInfo.groups)`;
const webhooksFor = (of: string) =>
  paths.map((path) => ({
    name: path,
    clientConfig: { service: { name: "serin", path } },
    matchConditions: [
      { name: "not-serin", expression: `${others(of)} || true` },
      { name: "not-a-users-bot", expression: others("bots") },
    ],
  }));
const webhooks = webhooksFor(namespace);

describe("certs/keep-configuration", () => {
  let api: FakeApi;
  let kube: Kube;
  let clock: FakeClock;
  let accepted: Accepted;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    clock = new FakeClock();
    accepted = newReplica();
    const selector = { "app.kubernetes.io/name": "serin" };
    api.add(services, { metadata: { namespace, name: "serin" }, spec: { selector } });
    api.add(secrets, { metadata: { namespace, name }, data: { "tls.crt": "eA==" } });
    api.add(mutatingWebhookConfigurations, { metadata: { name: "serin" }, webhooks });
    addPod("new", { "serin.dev/webhook-path": "token" });
    api.add(pods, { metadata: { namespace, name: "controller", labels: { a: "b" } } });
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  function addPod(pod: string, labels: Record<string, string>, phase = "Running") {
    const all = { "app.kubernetes.io/name": "serin", ...labels };
    api.add(pods, { metadata: { namespace, name: pod, labels: all }, status: { phase } });
  }
  const newReplica = () =>
    new Accepted({ clock, settleMs: lives.settleMs, read: async () => tokensIn(configuration()) });
  const optionsOf = (by = accepted) => {
    return {
      kube,
      namespace,
      name,
      configuration: "serin",
      service: "serin",
      accepted: by,
      clock,
      log: noLog,
    };
  };
  const keep = (by = accepted) => keepConfiguration(optionsOf(by), "PEM", lives);
  const configuration = () =>
    api.store.get(
      "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
      "/serin",
    ) as WebhookConfiguration;
  const tokens = () =>
    tokensOf(api.store.get("/v1/secrets", `${namespace}/${name}`) as Secret).map(({ value }) => value);
  const has = () => [...tokensIn(configuration())];
  const writes = () => api.requests.filter(({ method }) => method === "PATCH").length;

  it("puts a token into the Secret and the paths, once", async () => {
    expect(await keep()).to.equal(clock.now() + lives.settleMs);
    const [token = ""] = tokens();
    expect(Buffer.from(token, "hex")).to.have.length(32);
    const set = (configuration().webhooks ?? []).map(({ clientConfig }) => clientConfig.service?.path);
    expect(set).to.deep.equal([`/admit/${token}/deployments`, `/admit/${token}/config`, "/elsewhere"]);
    await keep();
    expect(writes()).to.equal(2);
    expect(await accepted.accepts(token)).to.equal(true);
  });

  it("keeps the bundle, and leaves the paths while it makes a new one trusted", async () => {
    await keep();
    const [token = ""] = tokens();
    await keepTrust(optionsOf(), "PEM2");
    const bundles = () => (configuration().webhooks ?? []).map(({ clientConfig }) => clientConfig.caBundle);
    expect(bundles()).to.deep.equal(paths.map(() => Buffer.from("PEM2").toString("base64")));
    expect(has()).to.deep.equal([token]);
    await keep();
    expect(bundles()).to.deep.equal(paths.map(() => Buffer.from("PEM").toString("base64")));
  });

  it("names the group of its own namespace in the conditions that recognize Serin, and in no other", async () => {
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks: webhooksFor("elsewhere") });
    await keep();
    for (const { matchConditions = [] } of configuration().webhooks ?? [])
      expect(matchConditions.map(({ expression }) => expression)).to.deep.equal([
        `${others(namespace)} || true`,
        others("bots"),
      ]);
    const { length } = api.requests.filter(({ method }) => method === "PATCH");
    await keep();
    expect(writes()).to.equal(length);
  });

  it("replaces the user whom earlier versions named by the group", async () => {
    const user = '"system:serviceaccount:serin-system:serin"';
    const [first] = webhooks;
    const old = ["!=", "=="].map((operator, i) => ({
      ...first,
      name: `old${i}.serin.dev`,
      matchConditions: [{ name: "not-serin", expression: `request.userInfo.username ${operator} ${user}` }],
    }));
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks: old });
    await keep();
    const isSerin = `"system:serviceaccounts:${namespace}" in request.userInfo.groups`;
    expect(
      configuration().webhooks?.map(({ matchConditions = [] }) => matchConditions[0]?.expression),
    ).to.deep.equal([`!(${isSerin})`, isSerin]);
  });

  it("sets bundle and path of a configuration whose conditions name no group, and says what is wrong", async () => {
    const expression = "true";
    const [first] = webhooks;
    const old = { ...first, name: "old.serin.dev", matchConditions: [{ name: "not-serin", expression }] };
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks: [old] });
    expect(await keep().catch(String)).to.equal(
      "Error: MutatingWebhookConfiguration serin: no condition of old.serin.dev names the group " +
        "system:serviceaccounts:serin-system: apply the manifests or the chart of this version again",
    );
    expect(has()).to.deep.equal(tokens());
  });

  it("writes nothing into a configuration that calls the Service of another installation, and names it", async () => {
    for (const service of [
      { namespace: "platform", name: "serin" },
      { namespace, name: "acme-serin" },
    ]) {
      const clientConfig = { service: { ...service, path: "/admit/config" } };
      const others = webhooks.map((webhook) => ({ ...webhook, clientConfig }));
      api.change(mutatingWebhookConfigurations, "/serin", { webhooks: others });
      const message =
        `Error: MutatingWebhookConfiguration serin calls the Service ${service.namespace}/${service.name}, ` +
        "not serin-system/serin: either another installation of Serin has applied it, " +
        "or --namespace, --service or --configuration of this program is wrong";
      expect(await keep().catch(String)).to.equal(message);
      expect(await keepTrust(optionsOf(), "PEM").catch(String)).to.equal(message);
    }
    expect(writes()).to.equal(0);
  });

  it("lets five replicas agree", async () => {
    await Promise.all([1, 2, 3, 4, 5].map(() => keep(newReplica())));
    expect(tokens()).to.have.length(1);
    expect(has()).to.deep.equal(tokens());
  });

  it("rotates: added, in force when settled, dropped when replaced for the settle time", async () => {
    await keep();
    const [first] = tokens();
    await clock.advance(lives.lifeMs);
    await keep();
    const [, second] = tokens();
    expect(has()).to.deep.equal([first]);
    await clock.advance(lives.settleMs);
    await keep();
    expect(has()).to.deep.equal([second]);
    await keep();
    await clock.advance(lives.settleMs - 1);
    await keep();
    expect(tokens()).to.deep.equal([first, second]);
    await clock.advance(1);
    await keep();
    expect(tokens()).to.deep.equal([second]);
  });

  it("uses the plain path while a pod of an older version runs", async () => {
    addPod("old", {});
    addPod("ended", {}, "Failed");
    await keep();
    expect(has()).to.deep.equal([PLAIN]);
    api.remove(pods, `${namespace}/old`);
    await keep();
    expect(has()).to.deep.equal(tokens());
    expect(await accepted.accepts(PLAIN), "for the settle time").to.equal(true);
    addPod("back", {});
    await keep();
    expect(has(), "after a downgrade").to.deep.equal([PLAIN]);
  });

  it("leaves out pods that do not have the Service's port, which an overlay of labels may let it select", async () => {
    const selector = { "app.kubernetes.io/name": "delivery" };
    const ports = [{ port: 443, targetPort: "https" }];
    api.change(services, `${namespace}/serin`, { spec: { selector, ports } });
    const addWith = (pod: string, port: string, more = {}) =>
      api.add(pods, {
        metadata: { namespace, name: pod, labels: { ...selector, ...more } },
        spec: { containers: [{ ports: [{ name: port, containerPort: 8443 }] }] },
      });
    addWith("webhook", "https", { "serin.dev/webhook-path": "token" });
    addWith("of-the-controller", "probes");
    await keep();
    expect(has()).to.deep.equal(tokens());
    addWith("of-an-older-version", "https");
    await keep();
    expect(has()).to.deep.equal([PLAIN]);
  });

  it("puts the token back after an apply, and again after a rotation by hand", async () => {
    await keep();
    const [first] = tokens();
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks });
    await keep();
    expect(has()).to.deep.equal([first]);
    api.change(secrets, `${namespace}/${name}`, { data: { "webhook-tokens": null } });
    await keep();
    expect(has()).to.deep.equal(tokens()).and.not.include(first);
  });

  it("brings no dropped token back when it was asleep between its reads and its write", async () => {
    await keep();
    const [first] = tokens();
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks });
    let asleep = true;
    api.faults.push(({ method, path }) => {
      if (!asleep || method !== "PATCH" || !path.includes("webhookconfigurations")) return undefined;
      asleep = false;
      api.change(secrets, `${namespace}/${name}`, { data: { "webhook-tokens": null } });
      api.change(mutatingWebhookConfigurations, "/serin", { metadata: { labels: { touched: "true" } } });
      return undefined;
    });
    await keep();
    expect(has()).to.deep.equal(tokens()).and.not.include(first);
  });

  it("leaves no field of a manifest that a user applies server-side", async () => {
    const managedFields = [
      { manager: "kubectl", operation: "Apply" },
      { manager: "serin", operation: "Update" },
    ];
    api.change(mutatingWebhookConfigurations, "/serin", { metadata: { managedFields } });
    await keep();
    expect(configuration().metadata.managedFields).to.deep.equal([
      { manager: "kubectl", operation: "Apply" },
    ]);
  });

  it("passes on what the API server refuses, and continues from every part of its work", async () => {
    for (const part of ["secrets", "mutatingwebhookconfigurations"]) {
      const fault = ({ method, path }: { method: string; path: string }) =>
        method === "PATCH" && path.includes(part) ? { status: 403 } : undefined;
      api.faults.push(fault);
      expect(await keep().catch(({ status }) => status), part).to.equal(403);
      api.faults.pop();
    }
    await keep();
    expect(has()).to.deep.equal(tokens());
  });
});
