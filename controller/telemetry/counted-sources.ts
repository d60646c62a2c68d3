import type { Prometheus } from "../../evidence/prometheus.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Telemetry } from "./telemetry.ts";

type Count = Pick<Telemetry, "query">;

/** A function that bounds the names of providers: tenants write names, and only the administrator's are labels. */
export function sourceNames(known: readonly string[]): (name?: string) => string {
  return (name = "prometheus") => (name === "prometheus" || known.includes(name) ? name : "other");
}

/** The same Prometheus, whose queries are counted. */
export function countedPrometheus(prometheus: Prometheus, source: string, telemetry: Count): Prometheus {
  return {
    over: (query, grid) => telemetry.query(source, () => prometheus.over(query, grid)),
    scrapes: (selector, at) => telemetry.query(source, () => prometheus.scrapes(selector, at)),
  };
}

/** The same provider, whose queries are counted. */
export function countedProvider(provider: Provider, source: string, telemetry: Count): Provider {
  return {
    read: (query, window, signal) => telemetry.query(source, () => provider.read(query, window, signal)),
  };
}
