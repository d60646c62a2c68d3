import { blocks, header, logLevel, optional, port, text, url } from "./flag.ts";
import { prometheusCredentials } from "./prometheus-credentials.ts";

/** The dashboard. */
export const dashboardProgram = {
  command: "node dashboard/main.ts",
  about: "Shows rollouts in a browser. It changes nothing.",
  flags: {
    host: text({ argument: "address", about: "The address to listen on." }, "0.0.0.0"),
    port: port({ about: "The port of the page and of the probes, plain HTTP." }, 3100),
    "metrics-port": port({ about: "The port of Serin's own metrics, plain HTTP." }, 8080),
    cluster: optional({ about: "What the page calls this cluster.", usualText: "" }),
    prometheus: url(
      { about: "The base URL of the Prometheus that scrapes the gateways, for the charts." },
      "http://prometheus.monitoring:9090",
    ),
    ...prometheusCredentials,
    "user-header": header({
      about:
        "The header in which the proxy in front of the dashboard sends the user's name. Each user then sees the namespaces in which the user may get Deployments.",
    }),
    "groups-header": header({ about: "The header with the user's groups, separated by commas." }),
    "trust-proxy-cidr": blocks({
      about:
        "The addresses of that proxy. With `--user-header`, the dashboard answers to no other address. May be repeated.",
    }),
    "frame-ancestors": optional({
      argument: "sources",
      about:
        "The pages that may show the dashboard in a frame, as in the directive frame-ancestors of a Content-Security-Policy.",
      usualText: "none",
    }),
    "log-level": logLevel(),
  },
} as const;
