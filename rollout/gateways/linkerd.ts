import type { Gateway } from "./gateway.ts";
import type { Backend } from "./metrics/backend.ts";
import { definePack } from "./metrics/define.ts";
import { grpcStatus, isGrpcFailure } from "./metrics/grpc-status.ts";
import { anyOf, literal, matcher } from "./metrics/pattern.ts";
import type { Labels } from "./metrics/sample.ts";

/** Label → the backend's value of it. */
const names = {
  route_kind: "routeKind",
  route_namespace: "routeNamespace",
  route_name: "route",
  backend_namespace: "namespace",
  backend_name: "service",
} as const satisfies Readonly<Record<string, keyof Backend>>;

/** The client proxies' metrics of a route's backends (linkerd2-proxy, outbound/src/http/logical/policy/route). */
const pack = definePack({
  name: "Linkerd",
  counter: "outbound_http_route_backend_response_statuses_total",
  histogram: { metric: "outbound_http_route_backend_response_duration_seconds_bucket", perSecond: 1 },
  grpc: {
    counter: "outbound_grpc_route_backend_response_statuses_total",
    buckets: "outbound_grpc_route_backend_response_duration_seconds_bucket",
  },
  codeLabels: ["http_status", "grpc_status", "error"],
  selections: (backends) => [
    Object.entries(names)
      .map(([label, field]) => matcher(label, anyOf(backends.map((backend) => literal(backend[field])))))
      .join(","),
  ],
  keysFor: (backend) => [
    Object.values(names)
      .map((field) => backend[field])
      .join("/"),
  ],
  keysOf: (labels) => [
    Object.keys(names)
      .map((label) => labels[label] ?? "")
      .join("/"),
  ],
  codeOf,
});

/** Linkerd: the proxies of the callers split and count. */
export const linkerd: Gateway = {
  name: "Linkerd",
  controllers: ["linkerd.io"],
  settleMs: 10_000,
  metrics: {
    pack,
    needs: {
      errors: "the callers' proxies count: Prometheus must scrape every meshed client",
      latency: "its buckets above 1 s end at 10 s",
    },
    calls: {
      counter: "`outbound_grpc_route_backend_response_statuses_total`",
      unseen: "gRPC calls through an HTTPRoute",
    },
  },
  lacks: { mirror: "ignores routes that have a mirror", "mirror-percent": "has no mirrors" },
};

/** A broken answer keeps the status with which it began. A client that disconnects is not a failure of the backend. */
function codeOf(labels: Labels): string {
  const { http_status: status = "", grpc_status: call = "", error = "" } = labels;
  if (call !== "") return error === "CANCEL" ? "CANCELLED" : failed(grpcStatus(call), error);
  if (error === "" || status.startsWith("5")) return status;
  return error === "CANCEL" ? "499" : "5xx";
}

function failed(status: string, error: string): string {
  return error === "" || isGrpcFailure(status) ? status : "UNKNOWN";
}
