import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, ports } from "./addresses.ts";
import { type Api, connectApi } from "./api.ts";
import { type Backup, backupOf } from "./backup.ts";
import {
  apiUrl,
  type ClusterFiles,
  startApiServer,
  startControllers,
  writeClusterFiles,
} from "./controlplane.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { startContour, startEnvoy, startTraefik } from "./dataplane.ts";
import { installDefinitions } from "./definitions.ts";
import {
  type BuiltIn,
  builtIn,
  createGateway,
  type Gateway,
  type GatewayName,
  gateways,
  gatewaysProgrammed,
} from "./gateways.ts";
import { untilReady } from "./health.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type Kubectl, kubectlFor } from "./kubectl.ts";
import { type Kubelet, startKubelet } from "./kubelet/kubelet.ts";
import { insideNamespace } from "./namespace.ts";
import { objects } from "./objects.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { receivedBy } from "./received.ts";
import { findTools, repository, type Tools } from "./tools.ts";

/** A running cluster. */
export interface Cluster {
  /** kubectl as administrator; any exit status is an answer. */
  readonly kubectl: Kubectl;
  /** Sends a request as administrator: any status is an answer; `api.demand` throws instead. */
  readonly request: Api["request"];
  readonly api: Api;
  /** The path of the administrator's kubeconfig. Its URL and those below are valid inside the network namespace only. */
  readonly kubeconfig: string;
  /** The Gateways, those of envoy-gateway.ts once they serve. */
  readonly gateways: Record<GatewayName, Gateway>;
  /** The URL at which Traefik serves. */
  readonly gatewayUrl: string;
  readonly prometheusUrl: string;
  /** The file to which the API server writes one JSON object per request (audit.k8s.io Event, level Metadata). */
  readonly auditLog: string;
  /** The folder with every program's log. */
  readonly dir: string;
  /** The Prometheus at `prometheusUrl`, which tests can stop and start. */
  readonly prometheus: Prometheus;
  readonly backup: Backup;
  /** Counts the requests that the application pods of a version received, mirrored copies included. */
  readonly received: typeof receivedBy;
  /** The real processes of Serin's pods. */
  readonly kubelet: Kubelet;
  /** Ends every process. */
  stop(): Promise<void>;
}

/** The folder for the cluster's files, which is empty or does not exist yet, and the log of its progress. */
export interface ClusterOptions {
  readonly dir: string;
  readonly log: (message: string) => void;
  /** Admission plugins of the API server in addition to those that are on by default. */
  readonly plugins?: readonly string[];
  /** How long Traefik gathers changes after one; 100 ms. */
  readonly throttle?: string;
  /** The gateways that run; both. Without any, something else must write the status of routes, and no pod answers. */
  readonly implementations?: readonly BuiltIn[];
  /** The folder with the content of Serin's image; the repository, whose programs node runs as they are. */
  readonly content?: string;
}

/**
 * Starts a cluster inside the namespaces that enter.ts makes: a real control plane, Traefik and Contour as gateways,
 * Prometheus, KWOK for application pods, and the kubelet of this folder for Serin's. If a program does not start, ends
 * everything and throws an error with the tail of the program's log.
 */
export async function startCluster({
  dir,
  log,
  plugins = [],
  throttle = "100ms",
  implementations = builtIn,
  content = repository,
}: ClusterOptions): Promise<Cluster> {
  if (!insideNamespace())
    throw new Error("the cluster needs namespaces of its own: run node test/cluster/enter.ts SCRIPT");
  mkdirSync(dir, { recursive: true });
  const daemons: Daemon[] = [];
  const prometheus = startPrometheus(findTools(), dir);
  const stopping = new AbortController();
  let kubelet: Kubelet | undefined;
  const stop = async () => {
    stopping.abort();
    await kubelet?.stop();
    await prometheus.daemon.stop("SIGKILL", 0);
    await Promise.all(daemons.map((daemon) => daemon.stop("SIGKILL", 0)));
  };
  try {
    const files = writeClusterFiles(dir);
    const api = await startPrograms(files, daemons, { log, plugins, throttle, implementations });
    await untilReady(prometheus.daemon);
    await startHeartbeat(api, stopping.signal);
    const ca = readFileSync(files.ca, "utf8");
    kubelet = startKubelet({ api, dir: join(dir, "kubelet"), content, ca, log });
    return {
      kubectl: kubectlFor(findTools().program("kubectl"), files.kubeconfig("admin"), dir),
      request: api.request,
      api,
      kubeconfig: files.kubeconfig("admin"),
      gateways: { ...gateways },
      gatewayUrl: gateways.traefik.url,
      prometheusUrl: `http://${addresses.prometheusService}:${ports.prometheus}`,
      auditLog: files.auditLog,
      dir,
      received: receivedBy,
      kubelet,
      prometheus,
      backup: backupOf(dir, daemons),
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
  { log, plugins, throttle, implementations }: Required<Omit<ClusterOptions, "dir" | "content">>,
): Promise<Api> {
  const tools = findTools();
  const started = performance.now();
  const progress = (message: string) =>
    log(`${message} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);

  const { etcd, apiServer } = startApiServer(tools, files, plugins);
  daemons.push(etcd, apiServer);
  await untilReady(etcd);
  await untilReady(apiServer);
  progress("API server is ready");

  const api = connectApi({ url: apiUrl, ca: readFileSync(files.ca, "utf8"), token: files.adminToken });
  const controllers = startControllers(tools, files);
  daemons.push(...controllers);
  for (const [collection, object] of objects) await api.demand("POST", collection, object);
  const runsContour = implementations.includes("contour");
  const definitions = [
    ...tools.definitions("gateway_api"),
    ...(runsContour ? tools.definitions("contour") : []),
  ];
  await installDefinitions(api, definitions);
  progress("Gateway API is installed");
  if (implementations.length > 0) daemons.push(startPods(files));
  await Promise.all([
    ...implementations.map((name) => starters[name](tools, files, daemons, throttle)),
    ...implementations.map((name) => createGateway(api, name)),
  ]);
  await gatewaysProgrammed(api, implementations);
  await Promise.all(controllers.map(untilReady));
  progress("cluster is ready");
  return api;
}

/** Starts a gateway's programs; resolves when they answer. */
type Starter = (tools: Tools, files: ClusterFiles, daemons: Daemon[], throttle: string) => Promise<void>;

const starters: Readonly<Record<BuiltIn, Starter>> = {
  async traefik(tools, files, daemons, throttle) {
    const traefik = startTraefik(tools, files, throttle);
    daemons.push(traefik);
    await untilReady(traefik);
  },
  async contour(tools, files, daemons) {
    const envoy = await startEnvoy(tools, files);
    daemons.push(envoy, startContour(tools, files));
    await untilReady(envoy);
  },
};

function startPods({ dir, ca }: ClusterFiles): Daemon {
  const script = new URL("pods.ts", import.meta.url).pathname;
  return startDaemon(dir, "pods", process.execPath, [script, apiUrl, ca, `${dir}/admin.token`]);
}
