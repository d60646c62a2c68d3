import { once } from "node:events";
import { createServer } from "node:http";
import pino from "pino";
import { prometheus } from "../evidence/prometheus.ts";
import { dashboardProgram } from "../flags/dashboard.ts";
import { parseFlags } from "../flags/program.ts";
import { connect } from "../kube/client/connect.ts";
import { gatewayApi, negotiated } from "../kube/client/discovery.ts";
import { inCluster } from "../kube/client/in-cluster.ts";
import { withRetryAfter } from "../kube/client/retry-after.ts";
import { ServerClock } from "../kube/client/server-clock.ts";
import { steadyClock } from "../kube/core/clock.ts";
import { credentialsFrom } from "../providers/credentials-file.ts";
import { CLOCK_SKEW_MS } from "../rollout/text/instant.ts";
import { metricsEndpoint } from "../telemetry/endpoint.ts";
import { countedKube } from "../telemetry/kube-requests.ts";
import { programRegistry } from "../telemetry/registry.ts";
import { openDashboard } from "./serve.ts";
import { dashboardTelemetry } from "./telemetry.ts";

const options = parseFlags(dashboardProgram, process.argv.slice(2), process.exit);
const log = pino({ name: "serin-dashboard", level: options["log-level"] });
const clock = new ServerClock({ log, mostMs: CLOCK_SKEW_MS });
const stop = new AbortController();
const registry = programRegistry("dashboard");
const connection = connect({
  fieldManager: "serin-dashboard",
  userAgent: "serin-dashboard",
  load: () => inCluster(process.env, clock),
  log,
  serverClock: clock,
});
const counted = countedKube(connection, registry, steadyClock);
const kube = negotiated(withRetryAfter(counted, { clock: steadyClock, patienceMs: 10_000 }), {
  ...gatewayApi,
  clock,
});
const credentials = credentialsFrom({
  token: options["prometheus-token-file"],
  basicAuth: options["prometheus-basic-auth-file"],
});
const dashboard = openDashboard({
  kube,
  prometheus: prometheus({ url: options.prometheus, credentials }),
  cluster: options.cluster,
  frameAncestors: options["frame-ancestors"],
  readers: {
    userHeader: options["user-header"],
    groupsHeader: options["groups-header"],
    trusted: options["trust-proxy-cidr"],
  },
  clock,
  log,
  signal: stop.signal,
  onAnswer: (path, status) => count(path, status),
});
const count = dashboardTelemetry(registry, dashboard.streams);
// kubectl port-forward reaches a pod at its loopback address.
const addresses = [options.host, ...(isWildcard(options.host) ? [] : ["127.0.0.1"])];
const servers = addresses.map((address) => {
  const server = createServer(dashboard.app);
  return server.listen(options.port, address, () => log.info({ address, port: options.port }, "listening"));
});
const metrics = createServer(metricsEndpoint(registry, log));
metrics.listen(options["metrics-port"], options.host);
dashboard.synced.then(
  () => log.info({}, "all objects are read"),
  // The signal has aborted.
  () => {},
);

const [signal] = await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
log.info({ signal }, "stopping");
stop.abort();
for (const one of [...servers, metrics]) {
  one.close();
  one.closeAllConnections();
}
await kube.close();

function isWildcard(address: string): boolean {
  return ["0.0.0.0", "::", "127.0.0.1"].includes(address);
}
