import { createServer } from "node:https";
import { parseArgs } from "node:util";
import pino from "pino";
import { serviceNames } from "../certs/issue.ts";
import { keepServing } from "../certs/serve.ts";
import { systemClock } from "../kube/clock.ts";
import { inCluster } from "../kube/credentials.ts";
import { gatewayApi, negotiated } from "../kube/discovery.ts";
import { connect } from "../kube/rest.ts";
import { hookHostsOf } from "../rollout/hook-hosts.ts";
import { admitConfig } from "./config.ts";
import { admitDeployments } from "./deployments.ts";
import { admitRoutes, admitServices } from "./overlaid.ts";
import { admissionApp } from "./server.ts";

const { values: options } = parseArgs({
  options: {
    /** Address to listen on. */
    host: { type: "string", default: "0.0.0.0" },
    port: { type: "string", default: "8443" },
    /** Our own namespace: of the Service and of the Secret with the certificate. */
    namespace: { type: "string", default: "serin-system" },
    /** The Service by which the API server calls us. */
    service: { type: "string", default: "serin" },
    /** The MutatingWebhookConfiguration whose caBundle we keep. */
    configuration: { type: "string", default: "serin" },
    /** A host that hooks may call: tester.test, *.test.svc:8080 or *; may be repeated. The controller has it, too. */
    "hook-host": { type: "string", multiple: true, default: [] },
  },
});

const log = pino({ name: "serin-webhook" });
const clock = systemClock;
const stop = new AbortController();
const connection = connect({ fieldManager: "serin", userAgent: "serin-webhook", load: inCluster, log });
const kube = negotiated(connection, { ...gatewayApi, clock });
const hookHosts = hookHostsOf(options["hook-host"]);
let ready = false;

const server = createServer(
  { minVersion: "TLSv1.2" },
  admissionApp({
    kinds: {
      deployments: {
        kinds: ["Deployment"],
        admit: admitDeployments({ kube, namespace: options.namespace, hookHosts, clock, log }),
      },
      services: { kinds: ["Service"], admit: admitServices },
      routes: { kinds: ["HTTPRoute", "GRPCRoute"], admit: admitRoutes },
      config: {
        kinds: ["ConfigMap", "Secret"],
        admit: admitConfig({ kube, namespace: options.namespace, clock, log }),
      },
    },
    ready: () => ready,
    log,
  }),
);
server.headersTimeout = 10_000;
server.requestTimeout = 20_000;

const [first, ...others] = serviceNames(options.service, options.namespace);
if (first === undefined) throw new Error("no name to serve under");
const serving = keepServing({
  kube,
  namespace: options.namespace,
  name: "serin-certificate",
  names: [first, ...others],
  configuration: options.configuration,
  clock,
  log,
  signal: stop.signal,
  apply(certificate) {
    server.setSecureContext({ ...certificate, minVersion: "TLSv1.2" });
    if (server.listening) return;
    server.listen(Number(options.port), options.host, () => {
      ready = true;
      log.info({ host: options.host, port: options.port }, "listening");
    });
  },
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "stopping");
    ready = false;
    stop.abort();
    server.close();
    server.closeIdleConnections();
  });
}

await serving;
await kube.close();
