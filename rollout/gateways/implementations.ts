import type { Gateway } from "./gateway.ts";

/** Of gateways that say nothing of gRPC in their metrics. */
const HTTP_ONLY = "it counts calls of gRPC by HTTP's status, which is 200 for those that failed as well";

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
  lacks: { mirror: "drops mirrors in silence", "mirror-percent": "has no mirrors" },
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
        calls:
          "of gRPC it sees the status of calls that fail before their first message, UNKNOWN excepted, and no other failures",
      },
    },
    lacks: {
      mirror: "answers every request of a rule that has a mirror with 500",
      "mirror-percent": "has no mirrors",
    },
  },
  // Holds changes back for at most 0.5 s; the status comes before the proxies' acknowledgement.
  "projectcontour.io": {
    name: "Contour",
    settleMs: 2_000,
    metrics: { pack: "contour" },
    lacks: { "mirror-percent": "copies every request, whatever the percentage" },
  },
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
    lacks: { mirror: "ignores routes that have a mirror", "mirror-percent": "has no mirrors" },
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
      blindToCalls: HTTP_ONLY,
    },
    lacks: { "backend-filters": "answers the share of a backend that has filters with 500" },
    doubts: {
      expressions: "looks at a header piece by piece between commas: a cookie with a comma is missed",
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
    lacks: {
      mirror: "does not accept routes that have a mirror",
      "mirror-percent": "has no mirrors",
      "backend-filters": "ignores filters of backends",
      "query-parameters": "ignores them, so that everybody would match",
    },
    doubts: {
      expressions: "looks at a header piece by piece between commas: a cookie with a comma is missed",
    },
  },
  // Synchronizes every 3 s.
  "konghq.com": {
    name: "Kong",
    settleMs: 10_000,
    metrics: { pack: "application", because: "it counts per rule, and both versions share one" },
    lacks: {
      mirror: "does not program routes that have a mirror",
      "mirror-percent": "has no mirrors",
      "backend-filters": "does not know filters of backends",
    },
    doubts: { "query-parameters": "knows them with router_flavor=expressions only" },
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
      blindToCalls: HTTP_ONLY,
    },
    lacks: { "backend-filters": "does not know filters of backends" },
    doubts: { expressions: "documents exact header matches only" },
  },
};
