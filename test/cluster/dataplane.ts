import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { ports } from "./addresses.ts";
import { apiUrl, type ClusterFiles } from "./controlplane.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { gateways } from "./gateways.ts";
import type { Tools } from "./tools.ts";

// Bounds near the thresholds of the tests; Traefik's defaults (0.1, 0.3, 1.2, 5) do not separate 200 ms from 299 ms.
const BUCKETS = "0.005,0.01,0.025,0.05,0.1,0.2,0.3,0.5,1,2.5,5,10";

/**
 * Starts Traefik, one implementation of the Gateway API, which gathers changes so long (`throttle`) after one. It stops at once if
 * the definitions are missing.
 */
export function startTraefik(tools: Tools, files: ClusterFiles, throttle: string): Daemon {
  const gateway = "--providers.kubernetesgateway";
  // Traefik would take a file `traefik.yaml` here for its static configuration.
  const config = join(files.dir, "traefik-tls.yaml");
  // Without a certificate, Traefik would make one for each change of any object, which takes longer than all else it does then.
  const defaultCertificate = { certFile: files.ca, keyFile: join(files.certificates, "apiserver.key") };
  writeFileSync(config, stringify({ tls: { stores: { default: { defaultCertificate } } } }));
  return startDaemon(files.dir, "traefik", tools.program("traefik"), [
    `--entrypoints.web.address=:${ports.gateway}`,
    `--entrypoints.metrics.address=:${ports.traefikMetrics}`,
    ...[`${gateway}=true`, `${gateway}.endpoint=${apiUrl}`, `${gateway}.token=${files.adminToken}`],
    ...[`--providers.file.filename=${config}`, "--providers.file.watch=false"],
    ...[`${gateway}.certauthfilepath=${files.ca}`, `${gateway}.statusaddress.ip=127.0.0.1`],
    // By default Traefik takes up to 2 s to drop an ended pod. Any rolling update, with Serin or without, would lose
    // requests to pods that end sooner.
    `--providers.providersthrottleduration=${throttle}`,
    ...["--metrics.prometheus=true", "--metrics.prometheus.entrypoint=metrics"],
    ...["--metrics.prometheus.addrouterslabels=true", `--metrics.prometheus.buckets=${BUCKETS}`],
    ...["--global.checknewversion=false", "--global.sendanonymoususage=false"],
  ]);
}

/**
 * Starts Contour, the other implementation, which configures Envoy. It stops at once if the definitions are missing, its
 * own included.
 */
export function startContour(tools: Tools, files: ClusterFiles): Daemon {
  const config = join(files.dir, "contour.yaml");
  const { namespace, name } = gateways.contour;
  writeFileSync(config, stringify({ gateway: { gatewayRef: { namespace, name } } }));
  return startDaemon(files.dir, "contour", tools.program("contour"), [
    ...["serve", `--config-path=${config}`, "--no-incluster", `--kubeconfig=${files.kubeconfig("admin")}`],
    ...["--kubernetes-client-qps=500", "--kubernetes-client-burst=1000", "--disable-leader-election"],
    // Contour requires versions of these that the current definitions no longer have.
    ...["tlsroutes", "tcproutes", "backendtlspolicies"].map((name) => `--disable-feature=${name}`),
    ...["--insecure", "--xds-address=127.0.0.1", `--xds-port=${ports.contourDiscovery}`],
    ...["--http-address=127.0.0.1", `--http-port=${ports.contourHealth}`],
    ...["--health-address=127.0.0.1", `--health-port=${ports.contourHealth}`],
    ...["--envoy-service-http-address=0.0.0.0", "--stats-address=127.0.0.1"],
    `--stats-port=${ports.envoyMetrics}`,
  ]);
}

/** Starts the Envoy that Contour configures; the two may start in any order. */
export async function startEnvoy(tools: Tools, { dir }: ClusterFiles): Promise<Daemon> {
  const config = join(dir, "envoy.json");
  await promisify(execFile)(tools.program("contour"), [
    ...["bootstrap", config, "--xds-address=127.0.0.1", `--xds-port=${ports.contourDiscovery}`],
    `--admin-address=${join(dir, "envoy.sock")}`,
  ]);
  return startDaemon(dir, "envoy", tools.program("envoy"), [
    ...["--config-path", config, "--service-cluster", "projectcontour", "--service-node", "local"],
    ...["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"],
  ]);
}
