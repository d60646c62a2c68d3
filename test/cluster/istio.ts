import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Cluster } from "./cluster.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { installDefinitions } from "./definitions.ts";
import { createGateway, gatewaysProgrammed, proxyOf } from "./gateways.ts";
import { findIstio } from "./tools.ts";

const NAMESPACE = "istio-system";
const STATISTICS = 15_020;

/**
 * Starts Istio: istiod beside the API server, which makes a proxy pod for its Gateway. The kubelet of this folder runs the pod:
 * pilot-agent and upstream Envoy. Resolves once it serves, with its URL in `cluster.gateways` and its statistics in Prometheus.
 * Needs `npm run setup -- istio`.
 */
export async function startIstio(cluster: Cluster): Promise<Daemon> {
  const { api } = cluster;
  await installDefinitions(api, findIstio().definitions);
  await api.demand("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  for (const [name, data] of Object.entries({ istio: mesh(), "istio-sidecar-injector": templates() }))
    await api.demand("POST", `/api/v1/namespaces/${NAMESPACE}/configmaps`, { metadata: { name }, data });
  // Its address belongs to this network namespace, as all Services' do, so the proxy reaches the process.
  await api.demand("POST", `/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: "istiod" },
    spec: { ports: [15_010, 15_012, 15_014].map((port) => ({ name: `port-${port}`, port })) },
  });
  await api.demand("POST", `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
    metadata: { name: "istiod" },
  });
  const istiod = startIstiod(cluster);
  try {
    await startProxy(cluster);
  } catch (error) {
    await istiod.stop("SIGKILL", 0);
    throw error;
  }
  return istiod;
}

async function startProxy(cluster: Cluster): Promise<void> {
  const gateway = cluster.gateways.istio;
  // Made with the Gateway: a later annotation would replace the pod. A Service that waits for a load balancer is not programmed.
  await createGateway(cluster.api, "istio", undefined, { "networking.istio.io/service-type": "ClusterIP" });
  const labels = `gateway.networking.k8s.io/gateway-name=${gateway.name}`;
  const address = await proxyOf(cluster.api, gateway.namespace, labels);
  await gatewaysProgrammed(cluster.api, ["istio"]);
  cluster.gateways.istio = { ...gateway, url: `http://${address}:${gateway.listenerPort}` };
  cluster.prometheus.scrape([`${address}:${STATISTICS}`]);
}

function startIstiod({ dir, kubeconfig }: Cluster): Daemon {
  const settings = {
    KUBECONFIG: kubeconfig,
    POD_NAME: "istiod",
    POD_NAMESPACE: NAMESPACE,
    SERVICE_ACCOUNT: "istiod",
    REVISION: "default",
    PILOT_CERT_PROVIDER: "istiod",
    CLUSTER_ID: "Kubernetes",
    PILOT_ENABLE_ANALYSIS: "false",
    // Extensions that upstream Envoy does not have.
    PILOT_ENABLE_METADATA_EXCHANGE: "false",
    PILOT_ENABLE_ALPN_FILTER: "false",
  };
  return startDaemon(dir, "istiod", "env", [
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ...[findIstio().discovery, "discovery", "--domain=cluster.local", `--kubeconfig=${kubeconfig}`],
    ...["--httpAddr=127.0.0.1:15080", "--monitoringAddr=:15014"],
  ]);
}

/** The mesh's settings. Without a provider of telemetry: upstream Envoy would refuse every listener. */
function mesh(): Record<string, string> {
  const settings = {
    rootNamespace: NAMESPACE,
    trustDomain: "cluster.local",
    enablePrometheusMerge: true,
    accessLogFile: "",
    defaultConfig: {
      discoveryAddress: `istiod.${NAMESPACE}.svc:15012`,
      proxyStatsMatcher: {
        inclusionRegexps: [String.raw`cluster\.outbound.*(upstream_rq_[0-9]+|upstream_rq_time|grpc.*)`],
      },
    },
  };
  return { mesh: stringify(settings), meshNetworks: "networks: {}" };
}

/** The template of proxy pods with its values, from Istio's own chart. */
function templates(): Record<string, string> {
  const { chart } = findIstio();
  const read = (file: string) => readFileSync(join(chart, file), "utf8");
  const values = parse(read("values.yaml"))._internal_defaults_do_not_set;
  const { global, sidecarInjectorWebhook, cni, gateways } = values;
  global.hub = "istio";
  // The template asks for whole processors.
  global.proxy.resources.limits.cpu = "1000m";
  const config = {
    ...{ defaultTemplates: ["sidecar"], policy: "enabled" },
    ...{ alwaysInjectSelector: [], neverInjectSelector: [], injectedAnnotations: {} },
    template: "{{ Template_Version_And_Istio_Version_Mismatched_Check_Installation }}",
    templates: {
      "kube-gateway": read("files/kube-gateway.yaml"),
      waypoint: read("files/waypoint.yaml"),
    },
  };
  const pilot = { cni, env: {} };
  return {
    values: JSON.stringify({ global, sidecarInjectorWebhook, revision: "", pilot, gateways }),
    config: stringify(config),
  };
}
