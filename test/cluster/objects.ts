import { addresses, ports } from "./addresses.ts";

/** What the cluster holds from the start, besides the Gateway API's definitions: path of the collection and object. */
export const objects: readonly (readonly [collection: string, object: object])[] = [
  ...[1, 2, 3].map((n) => ["/api/v1/nodes", node(`node-${n}`, `zone-${n}`)] as const),
  ["/api/v1/namespaces", { metadata: { name: "edge" } }],
  ["/api/v1/namespaces", { metadata: { name: "monitoring" } }],
  [
    "/api/v1/namespaces/monitoring/services",
    {
      metadata: { name: "prometheus" },
      spec: { clusterIP: addresses.prometheusService, ports: [{ name: "http", port: ports.prometheus }] },
    },
  ],
];

/** What Traefik serves; needs the Gateway API's definitions. */
export const gateways: readonly (readonly [collection: string, object: object])[] = [
  [
    "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: "traefik" },
      spec: { controllerName: "traefik.io/gateway-controller" },
    },
  ],
  [
    "/apis/gateway.networking.k8s.io/v1/namespaces/edge/gateways",
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "gw" },
      spec: {
        gatewayClassName: "traefik",
        listeners: [
          {
            name: "http",
            protocol: "HTTP",
            port: ports.gateway,
            allowedRoutes: { namespaces: { from: "All" } },
          },
        ],
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
  // The range of the real pods, so that KWOK never hands out an address twice (see `placed` in stages.ts).
  return { metadata: { name, labels }, spec: { podCIDR: `${addresses.realPods}.0.0/24` } };
}
