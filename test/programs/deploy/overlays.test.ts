import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import jsonpatch, { type Operation } from "fast-json-patch";
import { changesTo, groupOf, unidentified, type WebhookConfiguration } from "../../../certs/configuration.ts";
import { type Overlay, writeOverlay } from "../../cluster/overlay.ts";
import { repository } from "../../cluster/tools.ts";
import { type Rendered, render } from "./rendered.ts";

const COMPONENTS = readdirSync(join(repository, "deploy/components"));
const CLUSTER_SCOPED = ["Namespace", "ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration"];
/** Components that an overlay with other names does not take as they are. */
const BOUND = ["host-network", "dashboard", "cert-manager"];
/** Kustomize does not know that these have no namespace and gives them one, which the API server drops. */
const EITHER = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

describe("an overlay of deploy/", function () {
  this.timeout(120_000);
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "serin-overlay-"));
  });
  after(() => rmSync(dir, { recursive: true }));

  const rendered = (name: string, overlay: Overlay) => {
    writeOverlay(join(dir, name), overlay);
    return render(join(dir, name));
  };

  it("with another namespace, prefix and ServiceAccounts gives a consistent installation", () => {
    const objects = rendered("renamed", {
      namespace: "platform",
      prefix: "acme-",
      accounts: { webhook: "gate", controller: "mover" },
      components: COMPONENTS.filter((name) => !BOUND.includes(name)),
    });
    const expected = {
      namespace: "platform",
      webhook: "acme-gate",
      controller: "acme-mover",
      name: "acme-serin",
    };
    expectConsistent(objects, expected);
  });

  it("with another namespace alone gives a consistent installation, as does a replacement in the text", () => {
    const names = { webhook: "serin", controller: "serin-controller", name: "serin" };
    expectConsistent(rendered("moved", { namespace: "platform" }), { namespace: "platform", ...names });
    const text = JSON.stringify(render(join(repository, "deploy")));
    const replaced = JSON.parse(text.replaceAll("serin-system", "platform")) as Rendered[];
    expectConsistent(replaced, { namespace: "platform", ...names });
    const configuration = one(replaced, "MutatingWebhookConfiguration") as unknown as WebhookConfiguration;
    expect(unidentified(configuration, groupOf("platform"))).to.deep.equal([]);
  });

  it("network-policy admits the ports that pods open, and restricts nothing that they send", () => {
    const objects = rendered("network-policy", { components: ["network-policy"] });
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    expect(policies).to.have.length(2);
    for (const { spec } of policies) {
      expect(spec.policyTypes).to.deep.equal(["Ingress"]);
      const pods = templates(objects).filter(({ metadata }) =>
        fits(spec.podSelector.matchLabels, metadata.labels),
      );
      expect(pods).to.have.length(1);
      const open = pods[0].spec.containers[0].ports.map(({ name }: { name: string }) => name);
      const admitted = open.map((port: string) => ({ ports: [{ port, protocol: "TCP" }] }));
      expect(spec.ingress).to.deep.equal(admitted);
    }
  });

  it("dashboard adds an account that only reads, in a pod that nobody but Prometheus reaches", () => {
    const options = { namespace: "platform", prefix: "acme-" };
    const plain = new Set(rendered("plain", options).map((object) => JSON.stringify(object)));
    const added = rendered("dashboard", { ...options, components: ["dashboard"] }).filter(
      (object) => !plain.has(JSON.stringify(object)),
    );
    const name = "acme-serin-dashboard";
    expect(new Set(added.map(({ metadata }) => metadata.name))).to.deep.equal(new Set([name]));
    expect(JSON.stringify(added)).to.not.include("serin-system");
    expect(templates(added).map(({ spec }) => spec.serviceAccountName)).to.deep.equal([name]);
    expect(one(added, "ClusterRoleBinding")).to.deep.include({
      subjects: [{ kind: "ServiceAccount", name, namespace: "platform" }],
    });
    const rules = one(added, "ClusterRole").rules as {
      readonly resources: string[];
      readonly verbs: string[];
    }[];
    const writing = rules.filter(({ verbs }) => !verbs.every((verb) => ["list", "watch"].includes(verb)));
    expect(writing.map(({ resources, verbs }) => [...resources, ...verbs])).to.deep.equal([
      ["subjectaccessreviews", "create"],
    ]);
    expect(rules.flatMap(({ resources }) => resources)).to.not.include.members(["secrets", "configmaps"]);
    expect(one(added, "Service").spec).to.not.have.property("type");
    expect(one(added, "NetworkPolicy").spec.ingress).to.deep.equal([
      { ports: [{ port: "metrics", protocol: "TCP" }] },
    ]);
  });

  it("flow-schema names both accounts and a level that every cluster has", () => {
    const { spec } = one(rendered("flow-schema", { components: ["flow-schema"] }), "FlowSchema");
    expect(spec.priorityLevelConfiguration.name).to.equal("workload-high");
    expect(spec.rules[0].subjects).to.have.length(2);
  });

  it("private-gke moves the webhook to port 10250", () => {
    const [{ spec }] = templates(rendered("private-gke", { components: ["private-gke"] }));
    const { args, ports } = spec.containers[0];
    expect(args).to.include("--port=10250").and.not.include("--port=8443");
    expect(ports).to.deep.include({ name: "https", containerPort: 10250 });
  });

  it("host-network puts only the webhook there, in a namespace that admits it", () => {
    const objects = rendered("host-network", { components: ["host-network"] });
    expect(templates(objects).map(({ spec }) => spec.hostNetwork)).to.deep.equal([true, undefined]);
    const { labels = {} } = one(objects, "Namespace").metadata;
    expect(labels["pod-security.kubernetes.io/enforce"]).to.equal("privileged");
  });

  it("cert-manager has an hour to issue the certificate before which the webhook listens to no probe", () => {
    const objects = rendered("cert-manager", { components: ["cert-manager"] });
    const [webhook] = templates(objects).map(({ spec }) => spec.containers[0]);
    const { httpGet, periodSeconds, failureThreshold } = webhook.startupProbe;
    expect(httpGet).to.deep.equal(webhook.livenessProbe.httpGet);
    expect(periodSeconds * failureThreshold).to.equal(3_600);
  });

  it("cert-manager lets the webhook serve the certificate of the Secret that it may read", () => {
    const objects = rendered("cert-manager", { components: ["cert-manager"] });
    const [webhook, controller] = templates(objects).map(({ spec }) => spec.containers[0].args as string[]);
    const certificate = objects.find(
      ({ kind, metadata }) => kind === "Certificate" && metadata.name === "serin",
    );
    expect(webhook).to.include(`--certificate-secret=${certificate?.spec.secretName}`);
    expect(controller?.join()).to.not.include("certificate");
    const { name, namespace } = one(objects, "Service").metadata;
    expect(certificate?.spec.dnsNames).to.deep.equal([`${name}.${namespace}.svc`]);
    const { annotations } = one(objects, "MutatingWebhookConfiguration").metadata as {
      annotations?: Record<string, string>;
    };
    expect(annotations).to.deep.equal({ "cert-manager.io/inject-ca-from": `${namespace}/serin` });
    const role = objects.find(({ kind, metadata }) => kind === "Role" && metadata.name === "serin-tls");
    expect(role?.rules.flatMap((rule: Rendered) => rule.resourceNames)).to.deep.equal([
      certificate?.spec.secretName,
    ]);
  });

  it("openshift adds one right: to delete the own configuration, which a change of its owner needs", () => {
    const may = (objects: readonly Rendered[]) =>
      objects.flatMap(({ kind, rules = [] }) => (kind.endsWith("Role") ? rules : []));
    const plain = may(render(join(repository, "deploy")));
    const added = may(rendered("openshift", { components: ["openshift"] })).filter(
      (rule) => !plain.some((each) => JSON.stringify(each) === JSON.stringify(rule)),
    );
    expect(added.map(({ verbs, resourceNames }) => [verbs, resourceNames])).to.deep.equal([
      [["delete"], ["serin"]],
    ]);
  });
});

interface Names {
  readonly namespace: string;
  readonly webhook: string;
  readonly controller: string;
  /** Of the Service and of the configuration. */
  readonly name: string;
}

/** Expects that every name in the objects leads to an object of the installation. */
function expectConsistent(
  objects: readonly Rendered[],
  { namespace, webhook, controller, name }: Names,
): void {
  // kustomize 5.8 does not know that a FlowSchema has no namespace, and the API server drops the one that it adds.
  const lost = objects.filter(({ kind, metadata }) =>
    CLUSTER_SCOPED.includes(kind)
      ? metadata.namespace !== undefined
      : !EITHER.includes(kind) && metadata.namespace !== namespace,
  );
  expect(lost.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([]);
  expect(one(objects, "Namespace").metadata.name).to.equal(namespace);
  expect(templates(objects).map(({ spec }) => spec.serviceAccountName)).to.deep.equal([webhook, controller]);
  const accounts = objects
    .filter(({ kind }) => kind === "ServiceAccount")
    .map(({ metadata }) => metadata.name);
  expect(accounts).to.have.members([webhook, controller]);
  for (const { kind, roleRef, subjects } of objects.filter((object) => object.kind.endsWith("RoleBinding"))) {
    const role = objects.find(
      (object) => object.kind === roleRef.kind && object.metadata.name === roleRef.name,
    );
    expect(role, `${kind} of ${roleRef.name}`).to.not.equal(undefined);
    const account = roleRef.name.endsWith("-controller") ? controller : webhook;
    expect(subjects).to.deep.equal([{ kind: "ServiceAccount", name: account, namespace }]);
  }
  const { metadata, webhooks } = one(objects, "MutatingWebhookConfiguration");
  expect([metadata.name, one(objects, "Service").metadata.name]).to.deep.equal([name, name]);
  for (const { clientConfig } of webhooks) expect(clientConfig.service).to.deep.include({ name, namespace });
  const env = templates(objects)[0].spec.containers[0].env as { name: string; value?: string }[];
  const given = (variable: string) => env.find((each) => each.name === variable)?.value;
  expect([given("SERVICE"), given("CONFIGURATION")]).to.deep.equal([name, name]);
  const own = objects
    .flatMap(({ kind, rules = [] }) => (kind === "ClusterRole" ? rules : []))
    .filter(({ resources }) => resources.includes("mutatingwebhookconfigurations"));
  const mayWrite = own.filter(({ verbs }: Rendered) =>
    verbs.some((verb: string) => !["list", "watch"].includes(verb)),
  );
  expect(mayWrite.map(({ resourceNames }) => resourceNames)).to.deep.equal(mayWrite.map(() => [name]));
  for (const { spec } of objects.filter(({ kind }) => kind === "FlowSchema"))
    expect(spec.rules[0].subjects.map(({ serviceAccount }: Rendered) => serviceAccount)).to.deep.equal([
      { name: webhook, namespace },
      { name: controller, namespace },
    ]);
  expectOwnGroup(objects, namespace);
}

/** Expects that Serin's patch leaves the name of no other installation's namespace. */
function expectOwnGroup(objects: readonly Rendered[], namespace: string): void {
  const group = groupOf(namespace);
  const found = one(objects, "MutatingWebhookConfiguration") as unknown as WebhookConfiguration;
  const [, ...changes] = changesTo(found, { caBundle: "PEM", group });
  const kept = jsonpatch.applyPatch(found, changes as Operation[], true, false).newDocument;
  expect(unidentified(kept, group)).to.deep.equal([]);
  const others = objects.filter(({ kind }) => kind !== "MutatingWebhookConfiguration");
  expect(JSON.stringify([kept, others])).to.not.include("serin-system");
}

function one(objects: readonly Rendered[], kind: string): Rendered {
  const found = objects.filter((object) => object.kind === kind);
  expect(found, kind).to.have.length(1);
  return found[0] as Rendered;
}

/** The pod templates: the webhook's, then the controller's. */
function templates(objects: readonly Rendered[]): Rendered["spec"][] {
  return objects.filter(({ kind }) => kind === "Deployment").map(({ spec }) => spec.template);
}

function fits(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
