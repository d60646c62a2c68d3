import type { Gateway } from "./gateway.ts";
import { clusterMatcher, envoyCalls, envoyPack } from "./metrics/envoy.ts";
import { portKeys, servicePattern, servicePortKeys } from "./metrics/services.ts";

const cluster = /^([^_]+)_([^_]+)_([^_]+)$/;

/**
 * Contour names a cluster's statistics `<ns>_<service>_<port>` (internal/envoy/cluster.go), the same for every route. No
 * Kubernetes name contains an underscore.
 */
const pack = envoyPack({
  name: "Contour",
  selection: (backends) => clusterMatcher(`${servicePattern(backends, "_")}_[0-9a-z-]+`),
  keysFor: portKeys,
  keysOf: ({ envoy_cluster_name: name = "" }) => servicePortKeys(cluster.exec(name)),
});

/** Contour holds changes back for at most 0.5 s, and writes the status before its proxies have acknowledged. */
export const contour: Gateway = {
  name: "Contour",
  controllers: ["projectcontour.io"],
  settleMs: 2_000,
  // Its map of statuses has names without kinds as keys, and it handles GRPCRoutes last (internal/status/cache.go, 1.33).
  sharedNameStatus: "GRPCRoute",
  metrics: { pack, calls: envoyCalls },
  lacks: { "mirror-percent": "copies every request, whatever the percentage" },
};
