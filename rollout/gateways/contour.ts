import { clusterMatcher, envoyPack } from "./metrics/envoy.ts";
import { portKeys, servicePattern, servicePortKeys } from "./metrics/services.ts";

const cluster = /^([^_]+)_([^_]+)_([^_]+)$/;

/**
 * Contour names a cluster's statistics `<ns>_<service>_<port>` (internal/envoy/cluster.go), whichever route leads to it; no
 * Kubernetes name has an underscore.
 */
export const contour = envoyPack({
  name: "Contour",
  selection: (backends) => clusterMatcher(`${servicePattern(backends, "_")}_[0-9a-z-]+`),
  keysFor: portKeys,
  keysOf: ({ envoy_cluster_name: name = "" }) => servicePortKeys(cluster.exec(name)),
});
