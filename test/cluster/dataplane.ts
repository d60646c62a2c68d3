import { ports } from "./addresses.ts";
import { apiUrl, type ClusterFiles } from "./controlplane.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import type { Tools } from "./tools.ts";

// The edges around which thresholds sit; Traefik's own (0.1, 0.3, 1.2, 5) cannot tell 200 ms from 299 ms.
const BUCKETS = "0.005,0.01,0.025,0.05,0.1,0.2,0.3,0.5,1,2.5,5,10";

/** Starts Traefik as the Gateway API's implementation; it stops at once when the definitions are missing. */
export function startTraefik(tools: Tools, files: ClusterFiles): Daemon {
  const gateway = "--providers.kubernetesgateway";
  return startDaemon(files.dir, "traefik", tools.program("traefik"), [
    `--entrypoints.web.address=:${ports.gateway}`,
    `--entrypoints.metrics.address=:${ports.traefikMetrics}`,
    ...[`${gateway}=true`, `${gateway}.endpoint=${apiUrl}`, `${gateway}.token=${files.adminToken}`],
    ...[`${gateway}.certauthfilepath=${files.ca}`, `${gateway}.statusaddress.ip=127.0.0.1`],
    // By default Traefik takes up to 2 s to drop an ended pod; then any rolling update, ours or not, loses requests to
    // pods that end sooner.
    "--providers.providersthrottleduration=100ms",
    ...["--metrics.prometheus=true", "--metrics.prometheus.entrypoint=metrics"],
    ...["--metrics.prometheus.addrouterslabels=true", `--metrics.prometheus.buckets=${BUCKETS}`],
    ...["--global.checknewversion=false", "--global.sendanonymoususage=false"],
  ]);
}
