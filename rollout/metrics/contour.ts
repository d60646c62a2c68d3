import { clusterMatcher, envoyPack } from "./envoy.ts";
import { serviceKey, serviceKeys, servicePattern } from "./service.ts";

const cluster = /^([^_]+)_([^_]+)_[^_]+$/;

/**
 * Contour names a cluster's statistics `<ns>_<service>_<port>` (internal/envoy/cluster.go), whichever route leads to it; no
 * Kubernetes name has an underscore.
 */
export const contour = envoyPack({
  name: "Contour",
  selection: (backends) => clusterMatcher(`${servicePattern(backends, "_")}_[0-9a-z-]+`),
  keysFor: (backend) => [serviceKey(backend)],
  keysOf: ({ envoy_cluster_name: name = "" }) => serviceKeys(cluster.exec(name)),
});
