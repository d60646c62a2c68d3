import type { Gateway } from "./gateway.ts";
import { clusterMatcher, envoyPack } from "./metrics/envoy.ts";
import { portKeys, servicePattern, servicePortKeys } from "./metrics/services.ts";

const cluster = /^kube_([^_]+)_([^_]+)_([0-9]+)$/;

/** kgateway names a cluster `kube_<ns>_<service>_<port>` (its documents, v2.1). */
const pack = envoyPack({
  name: "kgateway",
  selection: (backends) => clusterMatcher(`kube_${servicePattern(backends, "_")}_[0-9]+`),
  keysFor: portKeys,
  keysOf: ({ envoy_cluster_name: name = "" }) => servicePortKeys(cluster.exec(name)),
});

/** kgateway with Envoy as its proxy (its conformance report of Gateway API 1.4.0 lists what it supports). */
export const kgateway: Gateway = {
  name: "kgateway",
  controllers: ["kgateway.dev"],
  settleMs: 10_000,
  metrics: {
    pack,
    needs: { errors: "Prometheus must scrape its Envoy, not agentgateway" },
    unusable: { GRPCRoute: "its documents do not say that it counts gRPC calls by status" },
  },
  lacks: { "mirror-percent": "documents no percentage of mirrors" },
  doubts: { "backend-filters": "documents filters of backends for requests only" },
};
