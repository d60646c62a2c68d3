import type { Gateway } from "./gateway.ts";

/** It has had two names. */
const CONSUL: Gateway = {
  name: "Consul",
  settleMs: 10_000,
  metrics: {
    pack: "consul",
    needs: {
      errors: "without namespaces (Enterprise) a Service's name must be the only such in the cluster",
    },
  },
};

/**
 * By the domain of the `controllerName` that an implementation writes into a route's status: the path after it can be
 * configured in most.
 */
export const implementations: Readonly<Record<string, Gateway>> = {
  // Provider throttle 2 s by default; 0.5 s was the longest delay measured.
  "traefik.io": {
    name: "Traefik",
    settleMs: 2_500,
    metrics: {
      pack: "traefik",
      needs: {
        latency:
          "its default buckets end at 0.1, 0.3, 1.2 and 5 s: set finer ones (metrics.prometheus.buckets)",
      },
    },
  },
  // Holds changes back for at most 0.5 s; the status comes before the proxies' acknowledgement.
  "projectcontour.io": { name: "Contour", settleMs: 2_000, metrics: { pack: "contour" } },
  // Streams to each proxy separately, within a second.
  "gateway.envoyproxy.io": {
    name: "Envoy Gateway",
    settleMs: 5_000,
    metrics: {
      pack: "envoy-gateway",
      needs: {
        errors: "it counts per backend only with mergeBackends, or with a filter on every backendRef",
      },
    },
  },
  // Gathers changes for at most 10 s (PILOT_DEBOUNCE_MAX).
  "istio.io": { name: "Istio", settleMs: 10_000, metrics: { pack: "istio" } },
  "io.cilium": {
    name: "Cilium",
    settleMs: 5_000,
    metrics: { pack: "cilium", needs: { errors: "Prometheus must scrape its Envoy (envoy.prometheus)" } },
  },
  "linkerd.io": {
    name: "Linkerd",
    settleMs: 10_000,
    metrics: {
      pack: "linkerd",
      needs: {
        errors: "the callers' proxies count: Prometheus must scrape every meshed client",
        latency: "its buckets above 1 s end at 10 s",
      },
    },
  },
  // Reloads for each change, after its agents have it.
  "gateway.nginx.org": {
    name: "NGINX Gateway Fabric",
    settleMs: 5_000,
    metrics: {
      pack: "nginx",
      needs: {
        errors: "only NGINX Plus counts per backend, open source NGINX does not",
        latency: "it has averages only, no histogram",
      },
    },
  },
  // Applies at most one update in 2 s.
  "haproxy-ingress.github.io": {
    name: "HAProxy Ingress",
    settleMs: 5_000,
    metrics: {
      pack: "haproxy",
      needs: {
        errors: "it counts per pod only with backend-server-naming: pod and dynamic-scaling: false",
        latency: "it has averages only, no histogram",
      },
    },
  },
  // Synchronizes every 3 s.
  "konghq.com": {
    name: "Kong",
    settleMs: 10_000,
    metrics: { pack: "application", because: "it counts per rule, and both versions share one" },
  },
  "consul.hashicorp.com": CONSUL,
  "hashicorp.com": CONSUL,
  // Google documents 30 to 60 s for a change of weights.
  "networking.gke.io": {
    name: "GKE",
    settleMs: 90_000,
    metrics: {
      pack: "gke",
      needs: {
        errors:
          "its counts come minutes late, through Managed Service for Prometheus: let steps last 5m or more; names of more than about 30 letters (namespace and Service) are cut and cannot be read",
      },
    },
  },
};
