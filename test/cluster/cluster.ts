import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addresses, ports } from "./addresses.ts";
import { type Api, connectApi, type KubeObject } from "./api.ts";
import {
  apiUrl,
  type ClusterFiles,
  controllerHealth,
  startApiServer,
  startControllers,
  writeClusterFiles,
} from "./controlplane.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { startTraefik } from "./dataplane.ts";
import { installGatewayApi } from "./gatewayapi.ts";
import { type Kubectl, kubectlFor } from "./kubectl.ts";
import { type Kubelet, startKubelet } from "./kubelet/kubelet.ts";
import { insideNamespace } from "./namespace.ts";
import { gateways, objects } from "./objects.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { findTools } from "./tools.ts";

/** A running cluster. */
export interface Cluster {
  /** kubectl as administrator; any exit status is an answer. */
  readonly kubectl: Kubectl;
  /** The API as administrator: any status is an answer; `demand` of `api` throws instead. */
  readonly request: Api["request"];
  readonly api: Api;
  /** Paths and URLs, valid inside the namespace. */
  readonly kubeconfig: string;
  readonly gatewayUrl: string;
  readonly prometheusUrl: string;
  /** Where the API server writes one JSON object per request (audit.k8s.io Event, level Metadata). */
  readonly auditLog: string;
  /** The folder with every program's log. */
  readonly dir: string;
  /** What `prometheusUrl` leads to, to be taken away and brought back. */
  readonly prometheus: Prometheus;
  /** The real processes of Serin's pods. */
  readonly kubelet: Kubelet;
  /** Ends every process. */
  stop(): Promise<void>;
}

/** Where the cluster keeps its files (made when missing, else empty), and who hears of its progress. */
export interface ClusterOptions {
  readonly dir: string;
  readonly log: (message: string) => void;
}

/**
 * Starts a cluster inside the namespaces that enter.ts makes: a real control plane, Traefik as the gateway,
 * Prometheus, KWOK for application pods and a kubelet for Serin's. Throws, with everything ended, when a program does
 * not start; the error holds the tail of its log.
 */
export async function startCluster({ dir, log }: ClusterOptions): Promise<Cluster> {
  if (!insideNamespace())
    throw new Error("a cluster needs namespaces of its own: node test/cluster/enter.ts SCRIPT");
  mkdirSync(dir, { recursive: true });
  const daemons: Daemon[] = [];
  const prometheus = startPrometheus(findTools(), dir);
  let kubelet: Kubelet | undefined;
  const stop = async () => {
    await kubelet?.stop();
    await prometheus.daemon.stop("SIGKILL", 0);
    await Promise.all(daemons.map((daemon) => daemon.stop("SIGKILL", 0)));
  };
  try {
    const files = writeClusterFiles(dir);
    const api = await startPrograms(files, daemons, log);
    await prometheus.daemon.ready(`http://127.0.0.1:${ports.prometheus}/-/ready`);
    kubelet = startKubelet({ api, dir: join(dir, "kubelet"), ca: readFileSync(files.ca, "utf8"), log });
    return {
      kubectl: kubectlFor(findTools().program("kubectl"), files.kubeconfig("admin"), dir),
      request: api.request,
      api,
      kubeconfig: files.kubeconfig("admin"),
      gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
      prometheusUrl: `http://${addresses.prometheusService}:${ports.prometheus}`,
      auditLog: files.auditLog,
      dir,
      kubelet,
      prometheus,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPrograms(
  files: ClusterFiles,
  daemons: Daemon[],
  log: ClusterOptions["log"],
): Promise<Api> {
  const tools = findTools();
  const started = performance.now();
  const progress = (message: string) =>
    log(`${message} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);

  const { etcd, apiServer } = startApiServer(tools, files);
  daemons.push(etcd, apiServer);
  await etcd.ready(`http://127.0.0.1:${ports.etcd}/health`);
  await apiServer.ready(`${apiUrl}/readyz`);
  progress("API server is ready");

  const api = connectApi({ url: apiUrl, ca: readFileSync(files.ca, "utf8"), token: files.adminToken });
  const controllers = startControllers(tools, files);
  daemons.push(...controllers);
  daemons.push(startPods(files));
  for (const [collection, object] of objects) await api.demand("POST", collection, object);
  await installGatewayApi(api, tools.gatewayApi);
  const traefik = startTraefik(tools, files);
  daemons.push(traefik);
  for (const [collection, object] of gateways) await api.demand("POST", collection, object);
  progress("Gateway API is installed");

  await Promise.all([
    ...controllers.map((daemon) => daemon.ready(controllerHealth[daemon.name] ?? "")),
    traefik.ready(`http://127.0.0.1:${ports.traefikMetrics}/metrics`),
  ]);
  await gatewayProgrammed(api);
  progress("cluster is ready");
  return api;
}

function startPods({ dir, ca }: ClusterFiles): Daemon {
  const script = new URL("pods.ts", import.meta.url).pathname;
  return startDaemon(dir, "pods", process.execPath, [script, apiUrl, ca, `${dir}/admin.token`]);
}

interface Gateway extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function gatewayProgrammed(api: Api): Promise<void> {
  const path = "/apis/gateway.networking.k8s.io/v1/namespaces/edge/gateways/gw";
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(50)) {
    const { status } = await api.demand<Gateway>("GET", path);
    if (status?.conditions?.some((it) => it.type === "Programmed" && it.status === "True")) return;
  }
  throw new Error("Traefik does not serve the Gateway edge/gw: see traefik.log");
}
