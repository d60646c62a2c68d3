import { createServer } from "node:http";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import pino from "pino";
import { connect } from "../kube/client/connect.ts";
import { inCluster } from "../kube/client/credentials.ts";
import { gatewayApi, negotiated } from "../kube/client/discovery.ts";
import { fenced } from "../kube/client/fence.ts";
import { withRetryAfter } from "../kube/client/retry-after.ts";
import { systemClock } from "../kube/core/clock.ts";
import { lead } from "../kube/runtime/leader-election.ts";
import { hookHostsOf } from "../rollout/hooks/hosts.ts";
import { runController } from "./controller.ts";
import { prometheus } from "./evidence/prometheus.ts";
import { templateChecksFrom } from "./evidence/template-checks.ts";
import { templatesFrom } from "./evidence/templates.ts";
import { prometheusProvider } from "./providers/prometheus.ts";
import { providersFrom } from "./providers/registry.ts";
import { settingsOf } from "./providers/settings.ts";

const { values: options } = parseArgs({
  options: {
    /** Address of the probes. */
    host: { type: "string", default: "0.0.0.0" },
    "probe-port": { type: "string", default: "8444" },
    /** Our own namespace: of the Lease. */
    namespace: { type: "string", default: "serin-system" },
    /** Our name among the replicas. */
    identity: { type: "string", default: hostname() },
    /** Base URL of the Prometheus that scrapes the gateways. */
    prometheus: { type: "string", default: "http://prometheus.monitoring:9090" },
    /** Name of a Secret in our namespace that is a source of metric templates; may be repeated. */
    source: { type: "string", multiple: true, default: [] },
    provider: { type: "string", multiple: true, default: [] },
    /** A namespace whose own metric templates are read, beside Serin's; may be repeated, * is every one. */
    "template-namespace": { type: "string", multiple: true, default: [] },
    /** A host that hooks may call: tester.test, *.test.svc:8080 or *; may be repeated. The webhook has it, too. */
    "hook-host": { type: "string", multiple: true, default: [] },
    "log-level": { type: "string", default: "info" },
  },
});

const log = pino({ name: "serin-controller", level: options["log-level"] });
const clock = systemClock;
const stop = new AbortController();
const connection = connect({ fieldManager: "serin", userAgent: "serin-controller", load: inCluster, log });
const kube = negotiated(withRetryAfter(connection, { clock }), { ...gatewayApi, clock });
const { namespace } = options;
const hookHosts = hookHostsOf(options["hook-host"]);
const gates = templateChecksFrom({
  templates: templatesFrom({ kube, namespace, trusted: options["template-namespace"], clock }),
  providers: providersFrom({
    kube,
    namespace,
    names: [...options.source, ...options.provider],
    prometheus: prometheusProvider(settingsOf("prometheus", { address: options.prometheus }), { clock }),
    clock,
  }),
});

const probes = createServer((request, response) => {
  response.statusCode = request.url === "/healthz" || request.url === "/readyz" ? 200 : 404;
  response.end(response.statusCode === 200 ? "ok" : "not found");
});
probes.listen(Number(options["probe-port"]), options.host);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "stopping");
    stop.abort();
  });
}

await lead({
  kube,
  namespace,
  name: "serin",
  identity: options.identity,
  clock,
  log,
  signal: stop.signal,
  onLead: (signal, until) =>
    runController(
      {
        kube: fenced(kube, until, clock),
        prometheus: prometheus({ url: options.prometheus }),
        gates,
        hookHosts,
        clock,
        log,
      },
      signal,
    ),
});
probes.close();
await kube.close();
