/**
 * The addresses of the cluster. They exist only inside the network namespace that enter.ts makes. There every address
 * of `local` belongs to the loopback device (AnyIP), so one process can answer at many addresses.
 */
export const addresses = {
  /** The address that the API server advertises and that clients inside use. */
  host: "10.245.0.1",
  /** The first address of the Service range, which the API server's own certificate is valid for. */
  apiService: "10.96.0.1",
  /** The ClusterIP of monitoring/prometheus. */
  prometheusService: "10.96.0.90",
  services: "10.96.0.0/16",
  /** The range of application pods, which KWOK numbers. */
  appPods: "10.244.0.0/16",
  /** The range of pods that are real processes, each in a network namespace of its own. */
  realPods: "10.243",
  local: ["10.96.0.0/16", "10.244.0.0/16"],
} as const;

/**
 * The part of the range that KWOK numbers after so many restores of etcd, at most 14. It counts from the first address again
 * when it starts, and does not know which ones the pods of the backup have.
 */
export function appPodsAfter(restores: number): string {
  return `10.244.${16 * restores}.0/20`;
}

/** The ports inside the namespace. */
export const ports = {
  api: 6443,
  /** The port at which Traefik serves. */
  gateway: 8000,
  /** The port at which Envoy serves: Contour adds 8000 to the listener port of the Gateway. */
  contour: 8880,
  /** Not 8080: Envoy Gateway's controller listens there, and cannot be told otherwise. */
  app: 8088,
  /** The HTTP port of application pods whose image asks for it. */
  otherApp: 8090,
  /** The port of podinfo, which the tutorials deploy. */
  podinfo: 9898,
  /** The gRPC server of application pods. */
  grpc: 9091,
  /** The port at which the application pods report the requests that they received. */
  podsControl: 8070,
  /** The listener of Istio's Gateway: its proxy serves the same port, as a user without rights to lower ones. */
  istio: 8086,
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
