import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { controllerProgram } from "../../flags/controller.ts";
import { dashboardProgram } from "../../flags/dashboard.ts";
import { type Flags, type Program, parseFlags } from "../../flags/program.ts";
import { webhookProgram } from "../../flags/webhook.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { cluster, describeClusterWith } from "../cluster/fixture.ts";
import { findHelm, repository } from "../cluster/tools.ts";
import { chartArgs, type Rendered } from "../programs/deploy/rendered.ts";
import { defineKind } from "./define-kind.ts";

const NAMESPACE = "chart-values";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const MONITORING = { group: "monitoring.coreos.com", version: "v1" };
const CERT_MANAGER = { group: "cert-manager.io", version: "v1" };
const KINDS = [
  { ...MONITORING, kind: "PodMonitor", plural: "podmonitors" },
  { ...MONITORING, kind: "PrometheusRule", plural: "prometheusrules" },
  { ...CERT_MANAGER, kind: "Issuer", plural: "issuers" },
  { ...CERT_MANAGER, kind: "Certificate", plural: "certificates" },
];
const PROGRAMS: Readonly<Record<string, Program<Flags>>> = {
  "webhook/main.ts": webhookProgram,
  "controller/main.ts": controllerProgram,
  "dashboard/main.ts": dashboardProgram,
};
const NODES = {
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "pool", operator: "Equal", value: "system", effect: "NoSchedule" }],
  priorityClassName: "system-cluster-critical",
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "pool", operator: "In", values: ["system"] }] }],
      },
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
  ],
  resources: { requests: { cpu: "100m" }, limits: { memory: "1Gi" } },
  podAnnotations: { "example.com/scrape": "yes" },
  extraArgs: ["--log-level=warn"],
  replicas: 3,
};

/** Values that an administrator may combine. Together they have every value of the schema. */
const INSTALLATIONS = {
  "the defaults": {},
  "everything that may be added": {
    image: { tag: "nightly" },
    commonLabels: { "example.com/team": "platform" },
    clusterName: "prod-eu",
    prometheus: { address: "https://prometheus.example.com/tenant", secret: "prometheus", key: "basic-auth" },
    hookHosts: ["tester.test", "*.test.svc:8080"],
    templateNamespaces: ["*"],
    providers: ["datadog", "newrelic"],
    profiles: { fast: { steps: "50" }, "slow.nights": { steps: "1, 5", interval: "1h" } },
    dashboard: {
      ...{ enabled: true, userHeader: "X-User", groupsHeader: "X-Groups", frameAncestors: "'self'" },
      ...{ trustProxyCidrs: ["10.8.0.0/16", "fd00::/8"], proxyNamespaces: ["sso"] },
    },
    notifications: {
      receivers: { team: { type: "slack", url: "$slack" } },
      routes: [{ namespaces: ["shop*"], receivers: ["team"] }],
      links: [{ text: "Dashboard", url: "https://serin.example.com/#/{{ namespace }}/{{ name }}" }],
    },
    networkPolicy: { enabled: true },
    flowSchema: { enabled: true },
    monitoring: {
      podMonitor: { enabled: true, labels: { release: "p" } },
      rules: { enabled: true, labels: {} },
    },
    grafana: { enabled: true, labels: { grafana_dashboard: "yes" } },
  },
  "OpenShift, with an issuer of cert-manager and another port": {
    openshift: { enabled: true },
    certManager: {
      enabled: true,
      issuerRef: { name: "corporate", kind: "ClusterIssuer", group: "cert-manager.io" },
    },
    webhook: { port: 10_250 },
    podDisruptionBudget: { minAvailable: 1 },
  },
  "the nodes' network, and nodes of its own": {
    webhook: { ...NODES, hostNetwork: true, port: 9_443 },
    controller: NODES,
    dashboard: { ...NODES, enabled: true, logLevel: "error" },
    certManager: { enabled: true },
    podDisruptionBudget: { minAvailable: 2 },
  },
  "one pod, of an image of another registry": {
    image: {
      repository: "registry.example.com:5000/team/serin",
      digest: `sha256:${"0".repeat(64)}`,
      pullPolicy: "Always",
    },
    imagePullSecrets: [{ name: "registry" }],
    webhook: { replicas: 1, logLevel: "debug" },
    controller: { replicas: 1, logLevel: "trace" },
    podDisruptionBudget: { enabled: false },
    cleanup: { onUninstall: true, patienceSeconds: 3_600 },
    global: {},
  },
} as const;

// The objects are between helm and the API server, so no gateway is asked.
// In a cluster of its own: where Serin is installed already, its manifests would meet another owner.
describeClusterWith({}, "the API server and Serin's programs take what the chart makes, with", function () {
  this.timeout(60_000);
  let running: Cluster | undefined;
  before(async () => {
    running = await cluster();
    for (const kind of KINDS) await defineKind(running, kind);
    await running.api.demand("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
    // The API server takes no pod without its account, which a dry run does not make.
    const account = { metadata: { name: "serin-doctor" } };
    await running.api.demand("POST", `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, account);
  });
  after(async () => {
    for (const { plural, group } of KINDS)
      await running?.api.demand("DELETE", `${DEFINITIONS}/${plural}.${group}`);
    await running?.api.demand("DELETE", `/api/v1/namespaces/${NAMESPACE}`);
  });

  for (const [title, values] of Object.entries(INSTALLATIONS))
    for (const version of [3, 4] as const)
      it(`${title}, by helm ${version}`, async () => {
        const args = [...chartArgs, `--namespace=${NAMESPACE}`, "--values=-"];
        const input = JSON.stringify(values);
        const rendered = execFileSync(findHelm(version), args, { input, encoding: "utf8", stdio: "pipe" });
        const { kubectl } = await cluster();
        const { code, stderr } = await kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], {
          input: rendered,
        });
        expect(stderr).to.equal("");
        expect(code).to.equal(0);
        for (const complaint of complaintsOf(rendered)) expect.fail(complaint);
      });
});

// Needs no cluster, but the installations above.
describe("the installations of the chart's test", () => {
  it("have every value of the schema", () => {
    const given = new Set(Object.values(INSTALLATIONS).flatMap((values) => [...pathsOf(values)]));
    const schema = JSON.parse(readFileSync(join(repository, "deploy/chart/values.schema.json"), "utf8"));
    expect([...valuesOf(schema)].filter((path) => !given.has(path))).to.deep.equal([]);
  });
});

/** Every path in an object: `image`, `image.tag`, … */
function* pathsOf(object: object, before = ""): Iterable<string> {
  for (const [key, value] of Object.entries(object)) {
    yield `${before}${key}`;
    if (typeof value === "object" && value !== null) yield* pathsOf(value, `${before}${key}.`);
  }
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The paths of the values that a schema describes. */
function* valuesOf({ properties = {} }: Schema, before = ""): Iterable<string> {
  for (const [key, schema] of Object.entries(properties))
    if (schema.properties === undefined) yield `${before}${key}`;
    else yield* valuesOf(schema, `${before}${key}.`);
}

/** What the programs say of the flags that these manifests give them. */
function complaintsOf(manifests: string): readonly string[] {
  const complaints: string[] = [];
  for (const document of parseAllDocuments(manifests)) {
    const { kind, spec } = (document.toJS() ?? {}) as Rendered;
    if (kind !== "Deployment") continue;
    const [name = "", ...args] = spec.template.spec.containers[0].args as string[];
    const exit = (code: number): never => {
      throw new Error(`${name} ends with ${code}: ${complaints.join("")}`);
    };
    const error = (text: string) => complaints.push(text);
    parseFlags(PROGRAMS[name] as Program<Flags>, args, exit, { out: error, error });
  }
  return complaints;
}
