import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { writeOverlay } from "../../cluster/overlay.ts";
import { findHelm, repository } from "../../cluster/tools.ts";
import { type Rendered, render } from "./rendered.ts";

const chart = join(repository, "deploy/chart");
const base = ["template", "serin", chart, "--namespace=serin-system", "--kube-version=1.36.0"];

// helm 3 renders with the same engine; test/chaos/people/chart.chaos.ts installs with both.
describe("the Helm chart", function () {
  this.timeout(180_000);

  it("installs by default what deploy/ does, but for the namespace, which helm creates", () => {
    const wanted = render(join(repository, "deploy")).filter(({ kind }) => kind !== "Namespace");
    const found = rendered().filter(({ metadata }) => !isHook(metadata));
    expect(byName(found)).to.deep.equal(byName(wanted));
  });

  it("adds what the components for monitoring and Grafana add", () => {
    const dir = mkdtempSync(join(tmpdir(), "serin-chart-"));
    writeOverlay(dir, { components: ["monitoring", "grafana"] });
    const usual = new Set(render(join(repository, "deploy")).map(keyOf));
    const wanted = render(dir).filter((object) => !usual.has(keyOf(object)));
    rmSync(dir, { recursive: true });
    const enabled = ["monitoring.podMonitor", "monitoring.rules", "grafana"].map(
      (value) => `${value}.enabled=true`,
    );
    const found = rendered("--set", [...enabled, "monitoring.rules.labels.release=prometheus"].join());
    const added = found.filter((object) => !isHook(object.metadata) && !usual.has(keyOf(object)));
    const labels = { "app.kubernetes.io/name": "serin" };
    expect(byName(added.map(withoutLabels))).to.deep.equal(byName(wanted.map(withoutLabels)));
    expect(wanted).to.have.length(3);
    const rules = added.find(({ kind }) => kind === "PrometheusRule");
    expect(rules?.metadata.labels).to.deep.equal({ ...labels, release: "prometheus" });
    const dashboards = added.find(({ kind }) => kind === "ConfigMap");
    expect(dashboards?.metadata.labels).to.deep.equal({ ...labels, grafana_dashboard: "1" });
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
    const objects = rendered("--namespace=platform");
    expect(JSON.stringify(objects)).to.not.include("serin-system");
  });

  it("has no value without an effect", () => {
    const usual = JSON.stringify(rendered());
    for (const value of VALUES)
      expect(JSON.stringify(rendered("--set-json", value)), value).to.not.equal(usual);
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

  for (const [what, value, told] of bad())
    it(`refuses ${what}, and names it`, () => {
      const { status, stderr } = spawnSync(findHelm(4), [...base, "--set-json", value], { encoding: "utf8" });
      expect(status, stderr).to.not.equal(0);
      expect(stderr).to.include(told);
    });
});

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
  "webhook.port=10250",
  "webhook.hostNetwork=true",
  ...["webhook", "controller"].flatMap((part) => [
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
  "podDisruptionBudget.enabled=false",
  "podDisruptionBudget.minAvailable=2",
  "networkPolicy.enabled=true",
  "flowSchema.enabled=true",
  "monitoring.podMonitor.enabled=true",
  'monitoring={"rules":{"enabled":true}}',
  "grafana.enabled=true",
  "openshift.enabled=true",
  "cleanup.onUninstall=false",
  "cleanup.patienceSeconds=60",
];

function bad(): readonly (readonly [string, string, string])[] {
  return [
    ["a value that it does not know", "webhook.replica=3", "replica"],
    ["a number of pods that is text", 'controller.replicas="two"', "/controller/replicas"],
    ["an address with a password", 'prometheus.address="http://a:b@p.test"', "/prometheus/address"],
    ["a Secret without its key", 'prometheus.secret="p"', "/prometheus/key"],
    ["a privileged port", "webhook.port=443", "/webhook/port"],
  ];
}

function rendered(...args: string[]): readonly Rendered[] {
  const text = execFileSync(findHelm(4), [...base, ...args], { encoding: "utf8", stdio: "pipe" });
  return parseAllDocuments(text).flatMap((document) => (document.toJS() ?? []) as Rendered);
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
