import type { Gateway } from "./gateway.ts";
import { clusterMatcher, envoyCalls, envoyPack } from "./metrics/envoy.ts";
import { portKeys, servicePattern, servicePortKeys } from "./metrics/services.ts";

const cluster = /^(?:.*\/)?([^/_:]+)[_:]([^/_:]+)[_:]([0-9]+)$/;

/**
 * Cilium names a cluster `<ns>:<service>:<port>` (operator/pkg/model/translation), which the agent prefixes with the names of
 * its CiliumEnvoyConfig; Envoy writes ":" as "_" in statistics.
 */
const pack = envoyPack({
  name: "Cilium",
  selection: (backends) => clusterMatcher(`(?:.*/)?${servicePattern(backends, "[_:]")}[_:][0-9]+`),
  keysFor: portKeys,
  keysOf: ({ envoy_cluster_name: name = "" }) => servicePortKeys(cluster.exec(name)),
});

/** Cilium on its Gateway API controller. */
export const cilium: Gateway = {
  name: "Cilium",
  controllers: ["io.cilium"],
  settleMs: 5_000,
  metrics: {
    pack,
    needs: { errors: "Prometheus must scrape its Envoy (envoy.prometheus)" },
    calls: envoyCalls,
  },
};
