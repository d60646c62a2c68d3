import { collectDefaultMetrics, Gauge, Registry } from "@prometheus-io/client";
import manifest from "../package.json" with { type: "json" };

/** Metrics of the library whose names break Prometheus' conventions (`promtool check metrics`). */
const LEFT_OUT = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
  "nodejs_eventloop_utilization_histogram",
  "nodejs_eventloop_utilization_summary",
];

/**
 * The library's timers, in ms. By default they wake an idle process 110 times a second, which takes half a percent of a core.
 * The first is for metrics that are left out, so that it need never ring. The second is the shortest delay that
 * `nodejs_eventloop_lag_*` tell.
 */
const TIMERS = { eventLoopUtilizationTimeout: 2 ** 31 - 1, eventLoopMonitoringPrecision: 100 };

/**
 * The metrics of one program: those of its process and of node, and its name and version. The library is imported in few
 * files, because it is young: its predecessor prom-client has the same API.
 */
export function programRegistry(component: "controller" | "webhook" | "dashboard"): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, ...TIMERS });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  new Gauge({
    name: "serin_build_info",
    help: "1, with the version of the program.",
    labelNames: ["component", "version"],
    registers: [registry],
  }).set({ component, version: manifest.version }, 1);
  return registry;
}
