import type { Gateway } from "./gateway.ts";
import { envoyPack } from "./metrics/envoy.ts";
import { anyOf, literal, matcher } from "./metrics/pattern.ts";
import { serviceKey } from "./metrics/services.ts";

/** The namespace of every service without Enterprise. */
const only = "default";

/**
 * Consul tags Envoy's statistics with the Consul service, which is the Kubernetes Service's name
 * (command/connect/envoy/bootstrap_config.go). Only Enterprise has namespaces. Elsewhere Serin matches the name alone.
 */
const pack = envoyPack({
  name: "Consul",
  selection: (backends) =>
    [
      matcher("consul_destination_service", anyOf(backends.map(({ service }) => literal(service)))),
      // An absent label matches as an empty one.
      matcher(
        "consul_destination_namespace",
        `${anyOf([only, ...backends.map(({ namespace }) => literal(namespace))])}?`,
      ),
    ].join(","),
  keysFor: (backend) => [serviceKey(backend), backend.service],
  keysOf: ({ consul_destination_service: service = "", consul_destination_namespace: namespace = only }) => {
    const exact = serviceKey({ namespace, service });
    return namespace === only ? [exact, service] : [exact];
  },
  // Of Services with the same name in several namespaces, Consul makes one service.
  joined: {
    partOf: (key) => key,
    partsOf: ({ service }) => [service],
    leadsTo: () => true,
  },
});

/** Consul: its controller has had two names. */
export const consul: Gateway = {
  name: "Consul",
  controllers: ["consul.hashicorp.com", "hashicorp.com"],
  settleMs: 10_000,
  metrics: {
    pack,
    needs: {
      errors: "without namespaces (Enterprise) a Service's name must be the only such in the cluster",
    },
  },
  lacks: { mirror: "drops mirrors without an error", "mirror-percent": "has no mirrors" },
};
