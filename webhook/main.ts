import { once } from "node:events";
import { createServer } from "node:http";
import pino from "pino";
import { Accepted } from "../certs/accepted.ts";
import { readConfiguration, tokensIn } from "../certs/configuration.ts";
import { trustSettleMs } from "../certs/decide.ts";
import { readCertificate } from "../certs/inspect.ts";
import { serviceNames } from "../certs/issue.ts";
import { Peers } from "../certs/peers.ts";
import { keepServing } from "../certs/serve.ts";
import { parseFlags } from "../flags/program.ts";
import { webhookProgram } from "../flags/webhook.ts";
import { connect } from "../kube/client/connect.ts";
import { gatewayApi, negotiated } from "../kube/client/discovery.ts";
import { inCluster } from "../kube/client/in-cluster.ts";
import { withRetryAfter } from "../kube/client/retry-after.ts";
import { ServerClock } from "../kube/client/server-clock.ts";
import { steadyClock } from "../kube/core/clock.ts";
import { RouteIndex } from "../kube/runtime/route-index.ts";
import { hookHostsOf } from "../rollout/hooks/hosts.ts";
import { CLOCK_SKEW_MS } from "../rollout/text/instant.ts";
import { leanRoute } from "../rollout/traffic/lean-route.ts";
import { Connections } from "../telemetry/connections.ts";
import { metricsEndpoint } from "../telemetry/endpoint.ts";
import { countedKube } from "../telemetry/kube-requests.ts";
import { programRegistry } from "../telemetry/registry.ts";
import { admitDeployments } from "./deployments.ts";
import { admitRoutes, admitServices } from "./in-flight.ts";
import { Lanes } from "./lanes.ts";
import { admissionServer, drainServer, tls } from "./listen.ts";
import { admitOwnWrites } from "./ownership.ts";
import { exceptPeers } from "./peers.ts";
import { Readiness } from "./readiness.ts";
import { type Admit, admissionApp } from "./server.ts";
import { webhookTelemetry } from "./telemetry.ts";
import { admitTracked } from "./tracked.ts";

/** The most connections to a port by others than the API server. */
const STRANGERS = 500;

const options = parseFlags(webhookProgram, process.argv.slice(2), process.exit);
const log = pino({ name: "serin-webhook", level: options["log-level"] });
const clock = new ServerClock({ log, mostMs: CLOCK_SKEW_MS });
const stop = new AbortController();
const registry = programRegistry("webhook");
const telemetry = webhookTelemetry(registry, clock);
const connection = connect({
  fieldManager: "serin",
  userAgent: "serin-webhook",
  load: () => inCluster(process.env, clock),
  log,
  serverClock: clock,
});
// The API server waits 20 s for an answer.
const counted = countedKube(connection, registry, steadyClock);
const kube = negotiated(withRetryAfter(counted, { clock: steadyClock, patienceMs: 10_000 }), {
  ...gatewayApi,
  clock,
});
const hookHosts = hookHostsOf(options["hook-host"]);
const accepted = new Accepted({
  clock,
  settleMs: trustSettleMs,
  read: async () => tokensIn(await readConfiguration(kube, options.configuration)),
});
const peers = new Peers(options.namespace);
const ofPeople = <T>(admit: Admit<T>) => exceptPeers(() => peers.namespaces, admit);
// Until the last request is answered.
const closed = new AbortController();
const index = new RouteIndex({ kube, reduce: leanRoute, clock, log, signal: closed.signal });
const readiness = new Readiness(index, log);
const lanes = new Lanes(clock, Math.random);

const ofDeployments = telemetry.counted(
  "deployments",
  ofPeople(admitDeployments({ kube, index, namespace: options.namespace, hookHosts, lanes, clock, log })),
);

const connections = new Connections(STRANGERS);
const server = admissionServer(
  admissionApp({
    kinds: {
      deployments: { kinds: ["Deployment"], admit: ofDeployments },
      // A path of its own: the API server waits for each webhook no longer than its client does, so nothing else in a request
      // tells this one, which it can do without, from the others.
      plan: { kinds: ["Deployment"], isDispensable: true, admit: ofDeployments },
      services: {
        kinds: ["Service"],
        admit: telemetry.counted("services", ofPeople(admitServices(kube, lanes))),
      },
      routes: {
        kinds: ["HTTPRoute", "GRPCRoute"],
        admit: telemetry.counted("routes", ofPeople(admitRoutes)),
      },
      ownership: {
        kinds: ["Deployment", "Service", "HTTPRoute", "GRPCRoute"],
        isDispensable: true,
        admit: telemetry.counted("ownership", admitOwnWrites),
      },
      config: {
        kinds: ["ConfigMap", "Secret"],
        admit: telemetry.counted(
          "config",
          ofPeople(admitTracked({ kube, namespace: options.namespace, lanes, clock, log })),
        ),
      },
    },
    accepts: (token) => accepted.accepts(token),
    onTrusted: (socket) => connections.trust(socket),
    ready: () => readiness.isReady(),
    log,
  }),
);

connections.bound(server);

const metrics = createServer(metricsEndpoint(registry, log));
new Connections(STRANGERS).bound(metrics);
metrics.listen(options["metrics-port"], options.host);

const [first, ...others] = serviceNames(options.service, options.namespace);
if (first === undefined) throw new Error("no name to serve under");
const serving = keepServing({
  kube,
  namespace: options.namespace,
  name: "serin-certificate",
  names: [first, ...others],
  external: options["certificate-secret"],
  configuration: options.configuration,
  service: options.service,
  accepted,
  peers,
  clock,
  log,
  signal: stop.signal,
  apply(certificate) {
    server.setSecureContext({ ...certificate, ...tls });
    const expiry = readCertificate(certificate.cert)?.validToDate.getTime();
    if (expiry !== undefined) telemetry.expires(expiry);
    if (server.listening) return;
    server.listen(options.port, options.host, () => {
      readiness.isListening = true;
      log.info({ host: options.host, port: options.port }, "listening");
    });
  },
  onReach(now) {
    readiness.isReached = now;
  },
});

const [signal] = await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
log.info({ signal }, "stopping");
readiness.isListening = false;
stop.abort();
if (server.listening) await drainServer(server, clock);
await serving;
metrics.close();
metrics.closeAllConnections();
closed.abort();
// Last, because requests that are still being answered may need it.
await kube.close();
