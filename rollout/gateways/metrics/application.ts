import type { Backend } from "./backend.ts";
import { definePack, first } from "./define.ts";
import { grpcStatus } from "./grpc-status.ts";
import { anyOf, literal, matcher } from "./pattern.ts";
import { podPattern, podStem, stemOf } from "./pods.ts";
import type { Labels } from "./sample.ts";

/** Labels that service discovery gives by custom: those of prometheus-operator and those of Prometheus' own example. */
const conventions = [
  { namespace: "namespace", pod: "pod" },
  { namespace: "kubernetes_namespace", pod: "kubernetes_pod_name" },
] as const;

/**
 * The pods' own counters: `http_request_duration_seconds` by status, or for gRPC `grpc_server_handled_total`, which the
 * Prometheus interceptors of all languages write. They need no route, but they miss a proxy's answer for a pod that is
 * gone.
 */
export const application = definePack({
  name: "the application",
  counter: "http_request_duration_seconds_count",
  histogram: { metric: "http_request_duration_seconds_bucket", perSecond: 1 },
  grpc: {
    counter: "grpc_server_handled_total",
    buckets: "grpc_server_handling_seconds_bucket",
    // Health checks and reflection are not traffic: their answers must not count for a canary without users.
    also: 'grpc_service!~"grpc[.].+"',
  },
  codeLabels: ["status", "grpc_code", "code"],
  selections: (backends) =>
    conventions.map(({ namespace, pod }) =>
      [
        matcher(namespace, anyOf(backends.map((backend) => literal(backend.namespace)))),
        matcher(pod, podPattern(backends.map((backend) => backend.replicaSet))),
      ].join(","),
    ),
  keysFor: ({ namespace, replicaSet }: Backend) => [`${namespace}/${podStem(replicaSet)}`],
  keysOf: (labels) => [`${namespaceOf(labels)}/${stemOf(podOf(labels))}`],
  targetOf: (labels) => `${namespaceOf(labels)}/${podOf(labels)}`,
  podOf: (labels) => podOf(labels) || undefined,
  codeOf,
});

/** Java's interceptor writes the status into `code`. */
function codeOf(labels: Labels): string {
  const isCall = labels.grpc_service !== undefined;
  return isCall ? grpcStatus(first(labels, ["grpc_code", "code"])) : first(labels, ["status", "code"]);
}

function namespaceOf(labels: Labels): string {
  return first(labels, ["namespace", "kubernetes_namespace"]);
}

function podOf(labels: Labels): string {
  return first(labels, ["pod", "kubernetes_pod_name"]);
}
