import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { addresses, ports } from "./addresses.ts";
import { SERIN } from "./audit.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { portForward } from "./port-forward.ts";
import { stages } from "./stages.ts";
import type { Tools } from "./tools.ts";

/** The users with a fixed token at the API server; the token is `<key>-token`. */
const users = {
  admin: "system:masters",
  "system:kube-controller-manager": undefined,
  "system:kube-scheduler": undefined,
} as const;
type User = keyof typeof users;

/** The files that the programs of the cluster share, all in one folder. */
export interface ClusterFiles {
  readonly dir: string;
  readonly adminToken: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly certificates: string;
  /** The API server's self-signed certificate, which is its own authority. */
  readonly ca: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly kwok: string;
  kubeconfig(user: User): string;
}

/** The URL of the API server inside the namespace. */
export const apiUrl = `https://${addresses.host}:${ports.api}`;

/** Writes keys, tokens and configuration into `dir`, which exists. */
export function writeClusterFiles(dir: string): ClusterFiles {
  const path = (name: string) => join(dir, name);
  const files: ClusterFiles = {
    dir,
    adminToken: tokenOf("admin"),
    tokens: path("tokens.csv"),
    serviceAccountKey: path("service-account.key"),
    serviceAccountPublicKey: path("service-account.pub"),
    certificates: path("certificates"),
    ca: path("certificates/apiserver.crt"),
    auditPolicy: path("audit-policy.yaml"),
    auditLog: path("audit.log"),
    kwok: path("kwok.yaml"),
    kubeconfig: (user) => path(`${user.replace("system:", "")}.kubeconfig`),
  };
  mkdirSync(files.certificates);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(files.serviceAccountKey, privateKey);
  writeFileSync(files.serviceAccountPublicKey, publicKey);
  const rows = Object.entries(users).map(
    ([user, group = ""]) => `${tokenOf(user)},${user},${user},"${group}"\n`,
  );
  writeFileSync(files.tokens, rows.join(""));
  writeFileSync(path("admin.token"), files.adminToken);
  writeFileSync(files.auditPolicy, stringify(auditPolicy));
  const documents = [...stages, portForward];
  writeFileSync(files.kwok, documents.map((one) => `---\n${stringify(one)}`).join(""));
  for (const user of Object.keys(users) as User[]) {
    const access = { url: apiUrl, ca: files.ca, token: tokenOf(user) };
    writeFileSync(files.kubeconfig(user), stringify(kubeconfig(access)));
  }
  return files;
}

/** A kubeconfig with one context; `serverName` is needed if the certificate does not name the URL's host. */
export function kubeconfig(access: { url: string; ca: string; token: string; serverName?: string }): object {
  const { url, ca, token, serverName } = access;
  const cluster = {
    server: url,
    "certificate-authority": ca,
    ...(serverName && { "tls-server-name": serverName }),
  };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "serin", cluster }],
    users: [{ name: "serin", user: { token } }],
    contexts: [{ name: "serin", context: { cluster: "serin", user: "serin" } }],
    "current-context": "serin",
  };
}

/** Starts etcd and the API server, with these admission plugins in addition to those that are on by default. */
export function startApiServer(
  tools: Tools,
  files: ClusterFiles,
  plugins: readonly string[],
): { etcd: Daemon; apiServer: Daemon } {
  const { dir } = files;
  const etcdUrl = `http://127.0.0.1:${ports.etcd}`;
  const etcd = startDaemon(dir, "etcd", tools.program("etcd"), [
    ...["--data-dir", join(dir, "etcd"), "--unsafe-no-fsync", "--log-level=warn"],
    ...["--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
    ...["--listen-peer-urls", "http://127.0.0.1:2380"],
  ]);
  const apiServer = startDaemon(dir, "kube-apiserver", tools.program("kube-apiserver"), [
    ...["--etcd-servers", etcdUrl, "--cert-dir", files.certificates],
    ...["--bind-address=0.0.0.0", `--secure-port=${ports.api}`, `--advertise-address=${addresses.host}`],
    `--service-cluster-ip-range=${addresses.services}`,
    ...["--authorization-mode=RBAC", `--token-auth-file=${files.tokens}`],
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    // No node controller runs, so nothing would remove the taint of a new node.
    "--disable-admission-plugins=TaintNodesByCondition",
    ...(plugins.length > 0 ? [`--enable-admission-plugins=${plugins.join(",")}`] : []),
    // There is no kube-proxy, so the API server must dial webhooks with a `service` reference at an endpoint.
    ...["--enable-aggregator-routing", "--endpoint-reconciler-type=none"],
    ...[`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`],
    // In MB: a rotation would hide requests from tests that read all of them.
    "--audit-log-maxsize=1000",
    // The names of the nodes are in no DNS.
    "--kubelet-preferred-address-types=InternalIP",
    "--profiling=false",
  ]);
  return { etcd, apiServer };
}

/** Starts the controllers, the scheduler, and KWOK as the kubelet of application pods. */
export function startControllers(tools: Tools, files: ClusterFiles): Daemon[] {
  const { dir } = files;
  const common = [
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
  ];
  const controllerManager = startDaemon(
    dir,
    "kube-controller-manager",
    tools.program("kube-controller-manager"),
    [
      ...common,
      `--kubeconfig=${files.kubeconfig("system:kube-controller-manager")}`,
      ...["--use-service-account-credentials", `--root-ca-file=${files.ca}`],
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--controllers=*,${absentControllers.map((name) => `-${name}`).join(",")}`,
      // The default, 15 s, is most of the time of a story about autoscalers.
      "--horizontal-pod-autoscaler-sync-period=5s",
    ],
  );
  const scheduler = startDaemon(dir, "kube-scheduler", tools.program("kube-scheduler"), [
    ...common,
    `--kubeconfig=${files.kubeconfig("system:kube-scheduler")}`,
  ]);
  const kwok = startDaemon(dir, "kwok", tools.program("kwok"), [
    ...[`--kubeconfig=${files.kubeconfig("admin")}`, "--manage-all-nodes", `--config=${files.kwok}`],
    ...[
      `--cidr=${addresses.appPods}`,
      "--node-ip=10.244.255.254",
      // The API server asks it at the address of a node for `kubectl port-forward`.
      ...[`--server-address=0.0.0.0:${ports.kwok}`, `--node-port=${ports.kwok}`],
    ],
  ]);
  return [controllerManager, scheduler, kwok];
}

// The nodes have no kubelet that sends heartbeats, and there is no cloud.
const absentControllers = [
  "node-lifecycle-controller",
  "node-ipam-controller",
  "node-route-controller",
  "service-lb-controller",
  "cloud-node-lifecycle-controller",
];

/** Logs the requests that tests read: Serin's, and the administrator's to Deployments. There are millions of others. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "Metadata", users: SERIN },
    {
      level: "Metadata",
      users: ["admin"],
      resources: [{ group: "apps", resources: ["deployments", "deployments/scale"] }],
    },
    { level: "None" },
  ],
};

function tokenOf(user: string): string {
  return `${user.replace("system:", "")}-token`;
}
