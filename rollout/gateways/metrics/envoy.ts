import type { RouteKind } from "../../../kube/core/routes.ts";
import type { Backend } from "./backend.ts";
import { definePack, NAMED_STATUS } from "./define.ts";
import { grpcStatus } from "./grpc-status.ts";
import type { CallCounter, Pack } from "./pack.ts";
import { matcher } from "./pattern.ts";
import type { Labels } from "./sample.ts";

/** The names that an Envoy gateway gives to its backends' clusters. */
export interface EnvoyNaming
  extends Pick<Pack, "name" | "keysFor" | "keysOf" | "joined" | "undivided" | "countsMesh"> {
  selection(backends: readonly Backend[]): string;
  /** The label with an answer's status, where the gateway renames Envoy's own. */
  readonly codeLabel?: string;
}

const requests = "envoy_cluster_upstream_rq";
const calls = /^envoy_cluster_grpc_(?:.+_)?([0-9]+)$/;

/**
 * Envoy's other counters of a cluster. It completes a request with the first bytes of its answer, so a stream is completed and
 * active at once. It resets what its client ends: by the connection of HTTP/1.1, or by the stream of HTTP/2.
 */
const givenUp = {
  tries: `${requests}_total`,
  ended: [`${requests}_retry`, `${requests}_completed`, `${requests}_active`],
  atMost: ["envoy_cluster_upstream_cx_destroy_local_with_active_rq", `${requests}_tx_reset`],
};

/**
 * A pack for Envoy's own statistics of upstream clusters. `upstream_rq` counts the final answer of each request, including
 * Envoy's own 503 without a healthy endpoint; `upstream_rq_total` counts tries. Latency is in milliseconds. For gRPC these
 * counters have the HTTP status, 200 for every call. Envoy's grpc_stats filter, which Contour, Cilium and Envoy Gateway
 * add, counts calls by status, with one metric for each status. If the filter counts each method (stats_for_all_methods, as
 * Envoy Gateway sets it), Envoy takes the first two parts of \`package.Service.Method\` for labels and leaves the rest in the
 * metric's name: \`envoy_cluster_grpc_Cart_Add_14\`. Its other counters end in a word.
 */
export function envoyPack(naming: EnvoyNaming): Pack {
  const { name, selection, keysFor, keysOf, joined, undivided, countsMesh } = naming;
  const { codeLabel = "envoy_response_code" } = naming;
  return definePack({
    name,
    counter: requests,
    histogram: { metric: "envoy_cluster_upstream_rq_time_bucket", perSecond: 1_000 },
    grpc: { counter: "envoy_cluster_grpc_(?:.+_)?[0-9]+" },
    givenUp,
    codeLabels: [codeLabel, NAMED_STATUS],
    selections: (backends) => [selection(backends)],
    keysFor: (backend) => keysFor(backend).map((key) => counting(backend.routeKind, key)),
    keysOf: (labels) => keysOf(labels).flatMap((key) => kindsOf(labels).map((kind) => counting(kind, key))),
    codeOf: (labels) => codeOf(labels, codeLabel),
    // A cluster's calls are counted whichever kind the route has.
    ...(joined && { joined: { ...joined, partOf: (key) => joined.partOf(key.replace(/^grpc /, "")) } }),
    ...(undivided && { undivided }),
    ...(countsMesh && { countsMesh }),
  });
}

/** The gRPC calls that these counters contain, if the control plane adds the filter. */
export const envoyCalls: CallCounter = {
  counter:
    "`envoy_cluster_grpc_<status>` or `envoy_cluster_grpc_<method>_<status>`, of Envoy's filter `grpc_stats`, which they add",
  unseen: "gRPC calls through an HTTPRoute",
};

/** PromQL for the requests of the clusters with these names, by status. */
export function clusterRequests(pattern: string): string {
  return `${requests}{${clusterMatcher(pattern)}}`;
}

/** A matcher for the names of clusters. */
export function clusterMatcher(pattern: string): string {
  return matcher("envoy_cluster_name", pattern);
}

/** The counters of requests contain a cluster's gRPC calls as well, so Serin counts only series of the route's kind. */
function counting(kind: RouteKind, key: string): string {
  return kind === "GRPCRoute" ? `grpc ${key}` : key;
}

/** The kinds of routes for which a series counts. Latencies count for both. */
function kindsOf({ __name__: metric = "" }: Labels): readonly RouteKind[] {
  if (calls.test(metric)) return ["GRPCRoute"];
  return metric === requests ? ["HTTPRoute"] : ["HTTPRoute", "GRPCRoute"];
}

function codeOf(labels: Labels, codeLabel: string): string {
  const status = calls.exec(labels.__name__ ?? "")?.[1];
  return status === undefined ? (labels[codeLabel] ?? "") : grpcStatus(status);
}
