import type { Backend } from "./backend.ts";
import { definePack, first } from "./define.ts";
import { grpcStatus } from "./grpc-status.ts";
import { anyOf, literal, matcher } from "./pattern.ts";
import { podPattern, podStem, stemOf } from "./pods.ts";
import type { Labels } from "./sample.ts";

/**
 * The labels that service discovery gives by custom: those of prometheus-operator and those of Prometheus' own example. A pod
 * that writes such a label itself gets it renamed (`exported_pod`), so the renamed ones say nothing: any scraped pod may name
 * another one in them.
 */
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
  keysOf: (labels) => [`${placeOf(labels).namespace}/${stemOf(placeOf(labels).pod)}`],
  targetOf: (labels) => `${placeOf(labels).namespace}/${placeOf(labels).pod}`,
  podOf: (labels) => placeOf(labels).pod || undefined,
  codeOf,
});

/** Java's interceptor writes the status into `code`. */
function codeOf(labels: Labels): string {
  const isCall = labels.grpc_service !== undefined;
  return isCall ? grpcStatus(first(labels, ["grpc_code", "code"])) : first(labels, ["status", "code"]);
}

interface Place {
  readonly namespace: string;
  readonly pod: string;
}

const nowhere: Place = { namespace: "", pod: "" };

/** The pod that counted. If the conventions name two pods, the series counts for neither: one of them is what a pod wrote. */
function placeOf(labels: Labels): Place {
  const places = conventions
    .map((names) => ({ namespace: labels[names.namespace] ?? "", pod: labels[names.pod] ?? "" }))
    .filter(({ namespace, pod }) => namespace !== "" && pod !== "");
  const [place = nowhere] = places;
  const areSame = places.every(({ namespace, pod }) => namespace === place.namespace && pod === place.pod);
  return areSame ? place : nowhere;
}
