import { createServer } from "node:http";
import { hostname } from "node:os";
import pino from "pino";
import { prometheusBy } from "../evidence/named-prometheus.ts";
import { prometheus } from "../evidence/prometheus.ts";
import { reportPrometheus } from "../evidence/report-prometheus.ts";
import { templateChecksFrom } from "../evidence/template-checks.ts";
import { templatesFrom } from "../evidence/templates.ts";
import { controllerProgram } from "../flags/controller.ts";
import { parseFlags } from "../flags/program.ts";
import { connect } from "../kube/client/connect.ts";
import { gatewayApi, negotiated } from "../kube/client/discovery.ts";
import { fenced } from "../kube/client/fence.ts";
import { inCluster } from "../kube/client/in-cluster.ts";
import { withRetryAfter } from "../kube/client/retry-after.ts";
import { ServerClock } from "../kube/client/server-clock.ts";
import { hastyClock, steadyClock } from "../kube/core/clock.ts";
import { EtcdRestores } from "../kube/runtime/etcd-restores.ts";
import { lead } from "../kube/runtime/leader-election.ts";
import { credentialsFrom } from "../providers/credentials-file.ts";
import { podIdentity } from "../providers/pod-identity.ts";
import { prometheusProvider } from "../providers/prometheus.ts";
import { providersFrom } from "../providers/registry.ts";
import { settingsOf } from "../providers/settings.ts";
import { hookHostsOf } from "../rollout/hooks/hosts.ts";
import { CLOCK_SKEW_MS } from "../rollout/text/instant.ts";
import { Connections } from "../telemetry/connections.ts";
import { metricsEndpoint } from "../telemetry/endpoint.ts";
import { countedKube } from "../telemetry/kube-requests.ts";
import { programRegistry } from "../telemetry/registry.ts";
import { runController } from "./controller.ts";
import { Health, probes } from "./health.ts";
import { countedPrometheus, countedProvider, sourceNames } from "./telemetry/counted-sources.ts";
import { Telemetry } from "./telemetry/telemetry.ts";

/** The most connections to one of the ports. */
const MOST_CONNECTIONS = 500;

const options = parseFlags(controllerProgram, process.argv.slice(2), process.exit);
const log = pino({ name: "serin-controller", level: options["log-level"] });
const clock = new ServerClock({ log, mostMs: CLOCK_SKEW_MS });
const stop = new AbortController();
const registry = programRegistry("controller");
const telemetry = new Telemetry({
  registry,
  clock,
  labels: options["metric-labels"],
  flagger: options["flagger-metrics"],
});
const connection = connect({
  fieldManager: "serin",
  userAgent: "serin-controller",
  load: () => inCluster(process.env, clock),
  log,
  serverClock: clock,
});
const counted = countedKube(connection, registry, steadyClock);
const kube = negotiated(withRetryAfter(counted, { clock: steadyClock }), { ...gatewayApi, clock });
const { namespace } = options;
const hookHosts = hookHostsOf(options["hook-host"]);
const credentials = credentialsFrom({
  token: options["prometheus-token-file"],
  basicAuth: options["prometheus-basic-auth-file"],
});
const secrets = { kube, namespace, names: options.provider, clock };
const sourceOf = sourceNames(options.provider);
const counters = prometheusBy(secrets, prometheus({ url: options.prometheus, credentials }));
void reportPrometheus(counters(), clock.now(), log);
const providers = providersFrom({
  ...secrets,
  identity: options["provider-identity"] ? podIdentity(process.env, { clock }) : undefined,
  prometheus: prometheusProvider(
    settingsOf("prometheus", { address: options.prometheus }),
    { clock },
    credentials,
  ),
});
const gates = templateChecksFrom({
  templates: templatesFrom({ kube, namespace, trusted: options["template-namespace"], clock }),
  providers: async (name) => countedProvider(await providers(name), sourceOf(name), telemetry),
});

const restores = new EtcdRestores({ clock, log });
const health = new Health();
const server = createServer(probes(health));
server.listen(options["probe-port"], options.host);
const metrics = createServer(metricsEndpoint(registry, log));
for (const port of [server, metrics]) new Connections(MOST_CONNECTIONS).bound(port);
metrics.listen(options["metrics-port"], options.host);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log.info({ signal }, "stopping");
    stop.abort();
  });
}

const hasty = hastyClock();
await lead({
  kube,
  namespace,
  name: "serin",
  identity: options.identity ?? hostname(),
  clock,
  steady: steadyClock,
  hasty,
  log,
  signal: stop.signal,
  onRestored: () => restores.note(),
  onStandby: (isInOrder) => health.standsBy(isInOrder),
  onLead(signal, until) {
    telemetry.leads(true);
    const work = (term: AbortSignal) => {
      health.begins();
      return runController(
        {
          kube: fenced(kube, until, hasty),
          namespace,
          prometheus: (name) => countedPrometheus(counters(name), sourceOf(name), telemetry),
          gates,
          hookHosts,
          clock,
          log,
          telemetry,
          restores,
          onWork: (workMs) => health.works(workMs),
        },
        term,
      );
    };
    return restores.outlive(signal, work).finally(() => {
      health.begins();
      telemetry.leads(false);
    });
  },
});
server.close();
metrics.close();
metrics.closeAllConnections();
await kube.close();
