import type { RouteKind } from "../../../kube/core/routes.ts";
import type { Backend } from "./backend.ts";
import { definePack, NAMED_STATUS } from "./define.ts";
import { grpcStatus } from "./grpc-status.ts";
import type { CallCounter, Pack } from "./pack.ts";
import { matcher } from "./pattern.ts";
import type { Labels } from "./sample.ts";

/** How a gateway that is made of Envoy names its backends' clusters. */
export interface EnvoyNaming extends Pick<Pack, "name" | "keysFor" | "keysOf"> {
  selection(backends: readonly Backend[]): string;
}

const requests = "envoy_cluster_upstream_rq";
const calls = /^envoy_cluster_grpc_([0-9]+)$/;

/**
 * A pack for Envoy's own statistics of upstream clusters. `upstream_rq` counts the final answer of each request, also the
 * 503 that Envoy makes when no endpoint is healthy, where `upstream_rq_total` counts tries; latency is in milliseconds.
 * Calls of gRPC are counted there with HTTP's 200 whatever came of them, and by status in counters of their own, one metric
 * for each status, where the control plane adds Envoy's grpc_stats filter (Contour, Cilium and Envoy Gateway do).
 */
export function envoyPack({ name, selection, keysFor, keysOf }: EnvoyNaming): Pack {
  return definePack({
    name,
    counter: requests,
    histogram: { metric: "envoy_cluster_upstream_rq_time_bucket", perSecond: 1_000 },
    grpc: { counter: "envoy_cluster_grpc_[0-9]+" },
    codeLabels: ["envoy_response_code", NAMED_STATUS],
    selections: (backends) => [selection(backends)],
    keysFor: (backend) => keysFor(backend).map((key) => counting(backend.routeKind, key)),
    keysOf: (labels) => keysOf(labels).flatMap((key) => kindsOf(labels).map((kind) => counting(kind, key))),
    codeOf,
  });
}

/** Which calls of gRPC those counters tell, where the control plane adds the filter. */
export const envoyCalls: CallCounter = {
  counter: "`envoy_cluster_grpc_<status>`, of Envoy's filter `grpc_stats`, which they add",
  unseen: "gRPC calls through an HTTPRoute",
};

/** A matcher for the names of clusters. */
export function clusterMatcher(pattern: string): string {
  return matcher("envoy_cluster_name", pattern);
}

/** A cluster's calls are in the counters of requests as well: whose route is of one kind must not see those of the other. */
function counting(kind: RouteKind, key: string): string {
  return kind === "GRPCRoute" ? `grpc ${key}` : key;
}

/** The kinds of routes whose backends a series counts for; latencies are counted for both. */
function kindsOf({ __name__: metric = "" }: Labels): readonly RouteKind[] {
  if (calls.test(metric)) return ["GRPCRoute"];
  return metric === requests ? ["HTTPRoute"] : ["HTTPRoute", "GRPCRoute"];
}

function codeOf({ __name__: metric = "", envoy_response_code: code = "" }: Labels): string {
  const status = calls.exec(metric)?.[1];
  return status === undefined ? code : grpcStatus(status);
}
