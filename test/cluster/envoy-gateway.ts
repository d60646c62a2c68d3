import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cluster } from "./cluster.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { installDefinitions } from "./definitions.ts";
import { createGateway, envoyGateways, gatewaysProgrammed, proxyOf } from "./gateways.ts";
import { findEnvoyGateway } from "./tools.ts";

const NAMESPACE = "envoy-gateway-system";
/** Envoy Gateway's proxies serve an unprivileged port this much above the listener's, and their statistics at another one. */
const SHIFT = 10_000;
const STATISTICS = 19_001;

/**
 * Starts Envoy Gateway: its controller beside the API server, which makes a proxy pod for each of two Gateways, one as it is
 * installed and one with mergeBackends. The kubelet of this folder runs the pods. Resolves once both serve, with their URLs in
 * `cluster.gateways` and their statistics in Prometheus. Needs `npm run setup -- envoy_gateway`.
 */
export async function startEnvoyGateway(cluster: Cluster): Promise<Daemon> {
  const { api } = cluster;
  await installDefinitions(api, findEnvoyGateway().definitions);
  await api.demand("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const controller = await startController(cluster);
  try {
    await startProxies(cluster);
  } catch (error) {
    await controller.stop("SIGKILL", 0);
    throw error;
  }
  return controller;
}

async function startProxies(cluster: Cluster): Promise<void> {
  const { api } = cluster;
  for (const name of envoyGateways) {
    await createProxyClass(cluster, name, name === "envoy-gateway-merged" ? { mergeBackends: {} } : {});
  }
  const addresses = await Promise.all(
    envoyGateways.map((name) =>
      proxyOf(api, NAMESPACE, `gateway.envoyproxy.io/owning-gateway-name=${cluster.gateways[name].name}`),
    ),
  );
  await gatewaysProgrammed(api, envoyGateways);
  envoyGateways.forEach((name, i) => {
    const gateway = cluster.gateways[name];
    cluster.gateways[name] = { ...gateway, url: `http://${addresses[i]}:${gateway.listenerPort + SHIFT}` };
  });
  cluster.prometheus.scrape(addresses.map((address) => `${address}:${STATISTICS}`));
}

/** Starts the controller with certificates of its own making; it has them at a place that is fixed in its code. */
async function startController({ api, dir, kubeconfig }: Cluster): Promise<Daemon> {
  const { program } = findEnvoyGateway();
  const settings = { KUBECONFIG: kubeconfig, ENVOY_GATEWAY_NAMESPACE: NAMESPACE, HOME: dir };
  await promisify(execFile)(program, ["certgen", "--disable-topology-injector"], { env: settings });
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/envoy-gateway`;
  const { data } = await api.demand<{ data: Record<string, string> }>("GET", path);
  const certs = join(dir, "envoy-gateway-certs");
  mkdirSync(certs);
  for (const [name, text] of Object.entries(data))
    writeFileSync(join(certs, name), Buffer.from(text, "base64"));
  // Its address belongs to this network namespace, as all Services' do, so the proxies reach the process.
  await api.demand("POST", `/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: "envoy-gateway" },
    spec: { ports: [18_000, 18_001, 18_002, 19_001].map((port) => ({ name: `port-${port}`, port })) },
  });
  const config = join(dir, "envoy-gateway.json");
  writeFileSync(config, JSON.stringify(configuration));
  const mounts = [
    `${certs}=/certs`,
    // The kubeconfig names files of this folder.
    `${dir}=${dir}`,
    `${program}=/usr/local/bin/envoy-gateway`,
  ];
  const script = join(import.meta.dirname, "kubelet/image.sh");
  return startDaemon(dir, "envoy-gateway", "unshare", [
    ...["--mount", "--", "sh", script, "0", mounts.join(" ")],
    ...["env", `KUBECONFIG=${kubeconfig}`, `ENVOY_GATEWAY_NAMESPACE=${NAMESPACE}`, "HOME=/tmp"],
    ...["envoy-gateway", "server", `--config-path=${config}`],
  ]);
}

const configuration = {
  apiVersion: "gateway.envoyproxy.io/v1alpha1",
  kind: "EnvoyGateway",
  gateway: { controllerName: "gateway.envoyproxy.io/gatewayclass-controller" },
  provider: {
    type: "Kubernetes",
    // The injector is an admission webhook, which would need an address that the API server reaches.
    kubernetes: { leaderElection: { disable: true }, proxyTopologyInjector: { disabled: true } },
  },
};

async function createProxyClass(
  { api }: Cluster,
  name: (typeof envoyGateways)[number],
  settings: object,
): Promise<void> {
  await api.demand("POST", `/apis/gateway.envoyproxy.io/v1alpha1/namespaces/${NAMESPACE}/envoyproxies`, {
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "EnvoyProxy",
    metadata: { name },
    spec: {
      // A Gateway whose Service waits for a load balancer is never programmed.
      provider: { type: "Kubernetes", kubernetes: { envoyService: { type: "ClusterIP" } } },
      concurrency: 1,
      ...settings,
    },
  });
  const group = "gateway.envoyproxy.io";
  await createGateway(api, name, { group, kind: "EnvoyProxy", name, namespace: NAMESPACE });
}
