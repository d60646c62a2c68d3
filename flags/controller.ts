import { choice, home, logLevel, optional, port, repeatable, text, toggle, url } from "./flag.ts";
import { prometheusCredentials } from "./prometheus-credentials.ts";

/** The controller. */
export const controllerProgram = {
  command: "node controller/main.ts",
  about: "Moves rollouts forward. One replica leads; the others stand by.",
  flags: {
    host: text({ argument: "address", about: "The address of the probes and the metrics." }, "0.0.0.0"),
    "probe-port": port({ about: "The port of the probes." }, 8444),
    "metrics-port": port({ about: "The port of Serin's own metrics, plain HTTP." }, 8080),
    "metric-labels": choice(
      {
        argument: "labels",
        about: "Whether counters of rollouts name the Deployment or only its namespace.",
      },
      ["deployment", "namespace"],
      "deployment",
    ),
    "flagger-metrics": toggle({ about: "Adds Flagger's metrics, for dashboards that read them." }),
    namespace: home({
      about: "Serin's own namespace, which has the Lease, metric templates and providers' Secrets.",
    }),
    identity: optional({ about: "This replica's name in the Lease.", usualText: "the host name" }),
    prometheus: url(
      { about: "The base URL of the Prometheus that scrapes the gateways." },
      "http://prometheus.monitoring:9090",
    ),
    ...prometheusCredentials,
    provider: repeatable({
      about: "The name of a Secret in Serin's namespace that configures a metric provider. May be repeated.",
      alias: "source",
    }),
    "provider-identity": toggle({
      about:
        "Lets providers whose Secret has no credentials use the identity that the cloud gives to the controller's pod.",
    }),
    "template-namespace": repeatable({
      about:
        "A namespace whose own metric templates count as well as Serin's; `*` is every namespace. May be repeated.",
    }),
    "hook-host": repeatable({
      argument: "host",
      about:
        "A host that hooks may call: `tester.test`, `*.test.svc:8080` or `*`. May be repeated. Give the webhook the same hosts.",
    }),
    "log-level": logLevel(),
  },
} as const;
