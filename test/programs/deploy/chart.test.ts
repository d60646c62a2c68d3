import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseNotifications } from "../../../rollout/notify/configuration.ts";
import { writeOverlay } from "../../cluster/overlay.ts";
import { repository } from "../../cluster/tools.ts";
import { type Rendered, render, renderChart } from "./rendered.ts";

/** The receiver of deploy/components/notifications, with a route and a link. */
const NOTIFICATIONS = {
  receivers: { team: { type: "slack", url: "$slack" } },
  routes: [{ namespaces: ["shop*"], receivers: ["team"] }],
  links: [{ text: "Dashboard", url: "https://serin.example.com/#/{{ namespace }}/{{ name }}" }],
};

// test/chaos/people/chart.chaos.ts installs with helm 3 and helm 4.
describe("the Helm chart", function () {
  this.timeout(180_000);

  it("installs by default what deploy/ does, but for the namespace, which helm creates", () => {
    const wanted = render(join(repository, "deploy")).filter(({ kind }) => kind !== "Namespace");
    const found = rendered().filter(({ metadata }) => !isHook(metadata));
    expect(byName(found)).to.deep.equal(byName(wanted));
  });

  it("adds what the components for monitoring and Grafana add", () => {
    const wanted = addedBy("monitoring", "grafana");
    const enabled = ["monitoring.podMonitor", "monitoring.rules", "grafana"].map(
      (value) => `${value}.enabled=true`,
    );
    const added = addedWith("--set", [...enabled, "monitoring.rules.labels.release=prometheus"].join());
    const labels = { "app.kubernetes.io/name": "serin" };
    expect(byName(added.map(withoutLabels))).to.deep.equal(byName(wanted.map(withoutLabels)));
    expect(wanted).to.have.length(3);
    const rules = added.find(({ kind }) => kind === "PrometheusRule");
    expect(rules?.metadata.labels).to.deep.equal({ ...labels, release: "prometheus" });
    const dashboards = added.find(({ kind }) => kind === "ConfigMap");
    expect(dashboards?.metadata.labels).to.deep.equal({ ...labels, grafana_dashboard: "1" });
  });

  it("adds the dashboard that the component adds", () => {
    const wanted = addedBy("dashboard");
    expect(byName(addedWith("--set=dashboard.enabled=true"))).to.deep.equal(byName(wanted));
    expect(wanted).to.have.length(6);
  });

  it("gives the dashboard the users of a proxy, and lets only that proxy's namespace in", () => {
    const values = { enabled: true, userHeader: "X-User", trustProxyCidrs: ["10.8.0.0/16", "10.9.0.0/16"] };
    const added = addedWith(
      "--set-json",
      `dashboard=${JSON.stringify({ ...values, proxyNamespaces: ["sso"] })}`,
      "--set=clusterName=prod-eu",
    );
    const [deployment] = added.filter(({ kind }) => kind === "Deployment");
    expect(deployment?.spec.template.spec.containers[0].args.slice(-4)).to.deep.equal([
      "--cluster=prod-eu",
      "--user-header=X-User",
      "--trust-proxy-cidr=10.8.0.0/16",
      "--trust-proxy-cidr=10.9.0.0/16",
    ]);
    const policy = added.find(({ kind }) => kind === "NetworkPolicy");
    expect(policy?.spec.ingress.at(-1)).to.deep.equal({
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "sso" } } }],
      ports: [{ port: "http", protocol: "TCP" }],
    });
  });

  it("adds receivers of notices as the component does, in a form that Serin reads", () => {
    const [component] = addedBy("notifications");
    const [added, ...more] = addedWith(
      ...["--set-json", `notifications=${JSON.stringify(NOTIFICATIONS)}`, "--set=clusterName=prod-eu"],
    );
    expect(more).to.deep.equal([]);
    expect(keyOf(added as Rendered)).to.equal(keyOf(component as Rendered));
    const { links, ...read } = parseNotifications(added?.data);
    expect(links).to.have.length(1);
    expect(read).to.deep.equal({
      ...{ cluster: "prod-eu", receivers: parseNotifications(component?.data).receivers, complaints: [] },
      routes: [{ namespaces: ["shop*"], receivers: ["team"], always: false }],
    });
  });

  it("gives the credentials of Prometheus to both programs that ask it", () => {
    const found = rendered(
      "--set-json",
      'prometheus={"secret":"p","key":"token"}',
      "--set=dashboard.enabled=true",
    );
    const asking = found
      .filter(({ kind }) => kind === "Deployment")
      .filter(({ spec }) => spec.template.spec.volumes?.[0].secret.secretName === "p");
    expect(asking.map(({ metadata }) => metadata.name)).to.have.members([
      "serin-controller",
      "serin-dashboard",
    ]);
    for (const { spec } of asking)
      expect(spec.template.spec.containers[0].args).to.include(
        "--prometheus-token-file=/etc/serin/prometheus/token",
      );
  });

  it("examines the installation by `helm test`, with rights to read only", () => {
    const hooks = rendered().filter(({ metadata }) => metadata.name === "serin-doctor");
    expect(hooks.map(({ kind }) => kind).toSorted()).to.deep.equal([
      "ClusterRole",
      "ClusterRoleBinding",
      "Pod",
      "ServiceAccount",
    ]);
    const pod = hooks.find(({ kind }) => kind === "Pod");
    expect(pod?.spec.containers[0].args).to.deep.equal(["cli/main.ts", "doctor"]);
    const verbs = hooks
      .find(({ kind }) => kind === "ClusterRole")
      ?.rules.flatMap((rule: { verbs: string[] }) => rule.verbs);
    expect(new Set(verbs)).to.deep.equal(new Set(["list", "get"]));
  });

  it("moves whole into another namespace", () => {
    const objects = rendered("--namespace=platform", "--set=certManager.enabled=true");
    expect(JSON.stringify(objects)).to.not.include("serin-system");
    const serving = objects.find(({ kind, metadata }) => kind === "Certificate" && metadata.name === "serin");
    expect(serving?.spec.dnsNames).to.deep.equal(["serin.platform.svc"]);
  });

  it("lets cert-manager issue the certificate, as the component does", () => {
    const wanted = installedBy("cert-manager").filter(({ kind }) => kind !== "Namespace");
    const found = rendered("--set=certManager.enabled=true").filter(({ metadata }) => !isHook(metadata));
    expect(byName(found)).to.deep.equal(byName(wanted));
    const usual = addedWith("--set=certManager.enabled=true").map(keyOf);
    expect(usual).to.include.members(["Issuer serin-authority", "Certificate serin", "Role serin-tls"]);
  });

  it("lets another issuer issue the certificate, and makes no authority for it", () => {
    const issuerRef = { name: "corporate", kind: "ClusterIssuer" };
    const value = `certManager=${JSON.stringify({ enabled: true, issuerRef })}`;
    const added = addedWith("--set-json", value).filter(({ apiVersion }) =>
      apiVersion.startsWith("cert-manager"),
    );
    expect(added.map(keyOf)).to.deep.equal(["Certificate serin"]);
    expect(added[0]?.spec.issuerRef).to.deep.equal(issuerRef);
  });

  it("has no value without an effect", () => {
    const usual = JSON.stringify(rendered());
    for (const value of VALUES) {
      const [, needed] = NEEDED.find(([key]) => value.startsWith(key)) ?? [];
      const more = needed ? [`--set=${needed}`] : [];
      const without = needed ? JSON.stringify(rendered(...more)) : usual;
      expect(JSON.stringify(rendered(...more, "--set-json", value)), value).to.not.equal(without);
    }
  });

  it("renders the same by helm 3 as by helm 4, with every value", () => {
    const all = VALUES.flatMap((value) => ["--set-json", value]);
    for (const values of [[], all]) {
      const [three, four] = ([3, 4] as const).map((version) => renderChart(version, ...values));
      // They order some kinds in another way.
      expect(three).to.have.length(four?.length ?? 0);
      expect(byName(three ?? [])).to.deep.equal(byName(four ?? []));
    }
  });

  it("gives a profile of yours in place of its own one with that name", () => {
    const objects = rendered("--set-json", 'profiles={"fast":{"steps":"5"}}');
    const profiles = objects.filter(({ metadata }) => metadata.labels?.["serin.dev/profile"] === "true");
    const found = profiles.map(({ metadata, data }) => [metadata.name, data.steps]);
    expect(found).to.have.deep.members([
      ["quiet", "50"],
      ["careful", "1, 5, 20, 50"],
      ["fast", "5"],
    ]);
  });

  it("lets a spread without a selector count the pods of its Deployment", () => {
    const spread = [{ maxSkew: 2 }, { maxSkew: 3, labelSelector: { matchLabels: { a: "b" } } }];
    const value = `controller.topologySpreadConstraints=${JSON.stringify(spread)}`;
    const controller = rendered("--set-json", value).filter(({ kind }) => kind === "Deployment")[1];
    const { selector, template } = controller?.spec ?? {};
    const [first, second] = template.spec.topologySpreadConstraints;
    expect(first).to.deep.equal({ maxSkew: 2, labelSelector: selector });
    expect(second).to.deep.equal(spread[1]);
  });

  it("gives hosts of hooks to both programs, and providers a right", () => {
    const objects = rendered("--set-json", 'hookHosts=["a.test"]', "--set-json", 'providers=["datadog"]');
    const args = objects
      .filter(({ kind }) => kind === "Deployment")
      .map(({ spec }) => spec.template.spec.containers[0].args as string[]);
    for (const each of args) expect(each).to.include("--hook-host=a.test");
    expect(args[1]).to.include("--provider=datadog");
    const role = objects.find(
      ({ kind, metadata }) => kind === "Role" && metadata.name === "serin-controller",
    );
    expect(role?.rules.at(-1)).to.deep.include({ resourceNames: ["datadog"], verbs: ["get"] });
  });
});

/** The values without which those of this key have no effect, or are refused. */
const NEEDED = [
  ["dashboard.", "dashboard.enabled=true"],
  ["podDisruptionBudget.minAvailable", "webhook.replicas=3"],
] as const;

const VALUES = [
  'image.tag="1"',
  `image.digest="sha256:${"0".repeat(64)}"`,
  'image.repository="r.test/serin"',
  'image.pullPolicy="Always"',
  'imagePullSecrets=[{"name":"registry"}]',
  'commonLabels={"team":"a"}',
  'prometheus.address="http://p.test"',
  'prometheus={"secret":"p","key":"token"}',
  'hookHosts=["a.test"]',
  'templateNamespaces=["shop"]',
  'providers=["datadog"]',
  'profiles={"own":{"steps":"5"}}',
  "webhook.port=9443",
  "webhook.hostNetwork=true",
  ...["webhook", "controller", "dashboard"].flatMap((part) => [
    `${part}.replicas=3`,
    `${part}.logLevel="debug"`,
    `${part}.extraArgs=["--log-level=warn"]`,
    `${part}.resources={"requests":{"cpu":"1"}}`,
    `${part}.priorityClassName="system-cluster-critical"`,
    `${part}.nodeSelector={"a":"b"}`,
    `${part}.tolerations=[{"key":"a"}]`,
    `${part}.affinity={"nodeAffinity":{}}`,
    `${part}.topologySpreadConstraints=[{"maxSkew":2}]`,
    `${part}.podAnnotations={"a":"b"}`,
  ]),
  'dashboard={"enabled":true}',
  'dashboard={"enabled":true,"userHeader":"X-User","trustProxyCidrs":["10.8.0.0/16"]}',
  'dashboard.groupsHeader="X-Groups"',
  'dashboard.frameAncestors="https://a.test"',
  'dashboard.proxyNamespaces=["sso"]',
  `notifications=${JSON.stringify(NOTIFICATIONS)}`,
  "podDisruptionBudget.enabled=false",
  "podDisruptionBudget.minAvailable=2",
  "networkPolicy.enabled=true",
  "flowSchema.enabled=true",
  "monitoring.podMonitor.enabled=true",
  'monitoring={"rules":{"enabled":true}}',
  "grafana.enabled=true",
  "openshift.enabled=true",
  "certManager.enabled=true",
  'certManager={"enabled":true,"issuerRef":{"name":"corporate"}}',
  "cleanup.onUninstall=false",
  "cleanup.patienceSeconds=60",
];

/** What these values add to deploy/. */
function addedWith(...args: string[]): readonly Rendered[] {
  const usual = new Set(render(join(repository, "deploy")).map(keyOf));
  return rendered(...args).filter((object) => !isHook(object.metadata) && !usual.has(keyOf(object)));
}

/** What these components add to deploy/. */
function addedBy(...components: string[]): readonly Rendered[] {
  const usual = new Set(render(join(repository, "deploy")).map(keyOf));
  return installedBy(...components).filter((object) => !usual.has(keyOf(object)));
}

/** What deploy/ installs with these components. */
function installedBy(...components: string[]): readonly Rendered[] {
  const dir = mkdtempSync(join(tmpdir(), "serin-chart-"));
  writeOverlay(dir, { components });
  const objects = render(dir);
  rmSync(dir, { recursive: true });
  return objects;
}

function rendered(...args: string[]): readonly Rendered[] {
  return renderChart(4, ...args);
}

function isHook({
  annotations = {},
}: Rendered["metadata"] & { annotations?: Record<string, string> }): boolean {
  return "helm.sh/hook" in annotations;
}

function keyOf({ kind, metadata }: Rendered): string {
  return `${kind} ${metadata.name}`;
}

function withoutLabels({ metadata: { labels: _, ...metadata }, ...object }: Rendered): Rendered {
  return { ...object, metadata } as Rendered;
}

function byName(objects: readonly Rendered[]): Record<string, Rendered> {
  return Object.fromEntries(objects.map((each) => [keyOf(each), each]));
}
