/**
 * The addresses of the cluster. They exist only inside the network namespace that enter.ts makes: every address of
 * `local` belongs to the loopback device there (AnyIP), so one process can answer for many.
 */
export const addresses = {
  /** What the API server advertises, and the name it is called by inside. */
  host: "10.245.0.1",
  /** The first address of the Service range, which the API server's own certificate is valid for. */
  apiService: "10.96.0.1",
  /** The ClusterIP of monitoring/prometheus. */
  prometheusService: "10.96.0.90",
  services: "10.96.0.0/16",
  /** Application pods, which KWOK numbers. */
  appPods: "10.244.0.0/16",
  /** Pods that are real processes, each in a network namespace of its own. */
  realPods: "10.243",
  local: ["10.96.0.0/16", "10.244.0.0/16"],
} as const;

/** The ports inside the namespace. */
export const ports = {
  api: 6443,
  /** Where Traefik serves. */
  gateway: 8000,
  /** Where Envoy serves; Contour makes it of the Gateway's listener port by adding 8000. */
  contour: 8880,
  app: 8080,
  /** The gRPC server of application pods. */
  grpc: 9091,
  /** Where the application pods tell what they received. */
  podsControl: 8070,
  traefikMetrics: 8082,
  contourHealth: 8003,
  contourDiscovery: 8001,
  envoyMetrics: 8102,
  prometheus: 9090,
  etcd: 2379,
  controllerManager: 10257,
  scheduler: 10259,
  kwok: 10247,
} as const;
