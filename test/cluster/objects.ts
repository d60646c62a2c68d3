import { addresses, ports } from "./addresses.ts";

const PROMETHEUS = { app: "prometheus" };

/** The objects of a new cluster in addition to the Gateway API's definitions, each with its collection's path. */
export const objects: readonly (readonly [collection: string, object: object])[] = [
  ...[1, 2, 3].map((n) => ["/api/v1/nodes", node(`node-${n}`, `zone-${n}`)] as const),
  ["/api/v1/namespaces", { metadata: { name: "edge" } }],
  ["/api/v1/namespaces", { metadata: { name: "monitoring" } }],
  [
    "/api/v1/namespaces/monitoring/services",
    {
      metadata: { name: "prometheus" },
      spec: {
        clusterIP: addresses.prometheusService,
        selector: PROMETHEUS,
        ports: [{ name: "http", port: ports.prometheus }],
      },
    },
  ],
  // The API server's proxy to a Service leads to its pods only. Prometheus answers at every address, so at this pod's as well.
  [
    "/apis/apps/v1/namespaces/monitoring/deployments",
    {
      metadata: { name: "prometheus" },
      spec: {
        selector: { matchLabels: PROMETHEUS },
        template: {
          metadata: { labels: PROMETHEUS },
          spec: { containers: [{ name: "prometheus", image: "prometheus:v3" }] },
        },
      },
    },
  ],
];

function node(name: string, zone: string): object {
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "topology.kubernetes.io/zone": zone,
  };
  // The range of the real pods, so that KWOK never assigns an address twice (see `placed` in stages.ts).
  return { metadata: { name, labels }, spec: { podCIDR: `${addresses.realPods}.0.0/24` } };
}
