import type { Backend } from "../../../../../rollout/gateways/metrics/backend.ts";
import type { Labels } from "../../../../../rollout/gateways/metrics/sample.ts";
import type { PackName } from "./packs.ts";

/** A gateway's way with names, written down a second time: as it would write them, not as a pack reads them. */
export interface Naming {
  readonly counter: string;
  readonly histogram?: string;
  /** Of the histogram's bounds. */
  readonly unit: "s" | "ms";
  /** Labels of the histogram that Prometheus may sum over, as the process has all those series or none. */
  readonly summedOver?: readonly string[];
  /** Every way it may name a backend. */
  series(backend: Backend): readonly Labels[];
  /** How it says that an answer was a success, and that it was a 503. */
  readonly codes: { readonly good: Labels; readonly bad: Labels };
  /** What the pack says of the bad ones. */
  readonly bad: "503" | "5xx";
}

const envoy = {
  counter: "envoy_cluster_upstream_rq",
  histogram: "envoy_cluster_upstream_rq_time_bucket",
  unit: "ms",
  codes: { good: { envoy_response_code: "200" }, bad: { envoy_response_code: "503" } },
  bad: "503",
} as const;

function dashed(name: string): string {
  return name.replaceAll(".", "-");
}

function pod(replicaSet: string): string {
  return `${`${replicaSet}-`.slice(0, 58)}x7k2p`;
}

const written = {
  traefik: {
    counter: "traefik_service_requests_total",
    histogram: "traefik_service_request_duration_seconds_bucket",
    unit: "s",
    summedOver: ["code", "method", "protocol"],
    series: ({ routeNamespace, route, refs, namespace, service }) =>
      refs.flatMap(({ rule, backend }) => {
        const key = `httproute-${routeNamespace}-${dashed(route)}-gw-edge-public-ep-web-${rule}`;
        const name = `${key}-1f8a2b3c4d5e6f708192-svc-${namespace}-${service}-${backend}@kubernetesgateway`;
        const request = { method: "GET", protocol: "http" };
        // Prometheus renames Traefik's label if a ServiceMonitor finds Traefik: the scrape's own names the scraped Service.
        return [
          { service: name, ...request },
          { exported_service: name, service: "traefik-metrics", ...request },
        ];
      }),
    codes: { good: { code: "200" }, bad: { code: "503" } },
    bad: "503",
  },
  contour: {
    ...envoy,
    series: ({ namespace, service }) => [{ envoy_cluster_name: `${namespace}_${service}_80` }],
  },
  "envoy-gateway": {
    ...envoy,
    series: ({ routeNamespace, route, refs, mirrors = [], namespace, service }) => [
      ...refs.map(({ rule, backend }) => ({
        envoy_cluster_name: `httproute/${routeNamespace}/${route}/rule/${rule}/backend/${backend}`,
      })),
      ...mirrors.map(({ rule, filter }) => ({
        envoy_cluster_name: `httproute/${routeNamespace}/${route}/rule/${rule}-mirror-${filter}`,
      })),
      { envoy_cluster_name: `service/${namespace}/${service}/80` },
      { envoy_cluster_name: `service/${namespace}/${service}/80/http2` },
    ],
  },
  cilium: {
    ...envoy,
    series: ({ namespace, service }) => [
      { envoy_cluster_name: `edge/cilium-gateway-public/${namespace}_${service}_80` },
      { envoy_cluster_name: `${namespace}:${service}:80` },
    ],
  },
  kgateway: {
    ...envoy,
    series: ({ namespace, service }) => [{ envoy_cluster_name: `kube_${namespace}_${service}_80` }],
  },
  consul: {
    ...envoy,
    series: ({ namespace, service }) => [
      { consul_destination_service: service, consul_destination_namespace: namespace },
    ],
  },
  istio: {
    counter: "istio_requests_total",
    histogram: "istio_request_duration_milliseconds_bucket",
    unit: "ms",
    series: ({ namespace, service }) => [
      {
        reporter: "source",
        destination_service_namespace: namespace,
        destination_service_name: service,
        destination_workload: "unknown",
      },
    ],
    codes: { good: { response_code: "200" }, bad: { response_code: "503" } },
    bad: "503",
  },
  "istio's envoy": {
    ...envoy,
    series: ({ namespace, service }) => [
      { cluster_name: `outbound|80||${service}.${namespace}.svc.cluster.local` },
      { cluster_name: `outbound|80|v1|${service}.${namespace}.svc.mesh.example` },
    ],
    codes: { good: { response_code: "200" }, bad: { response_code: "503" } },
  },
  linkerd: {
    counter: "outbound_http_route_backend_response_statuses_total",
    histogram: "outbound_http_route_backend_response_duration_seconds_bucket",
    unit: "s",
    series: ({ routeNamespace, route, namespace, service }) => [
      {
        route_kind: "HTTPRoute",
        route_namespace: routeNamespace,
        route_name: route,
        backend_kind: "Service",
        backend_namespace: namespace,
        backend_name: service,
      },
    ],
    codes: { good: { http_status: "200" }, bad: { error: "FAIL_FAST" } },
    bad: "5xx",
  },
  nginx: {
    counter: "nginx_http_upstream_peer_responses_total",
    unit: "s",
    series: ({ namespace, service }) => [
      { nginx_upstream_name: `${namespace}_${service}_80`, nginx_peer_address: "10.0.0.1:8080" },
    ],
    codes: { good: { nginx_status_range: "2xx" }, bad: { nginx_status_range: "5xx" } },
    bad: "5xx",
  },
  kong: {
    counter: "kong_http_requests_total",
    histogram: "kong_upstream_latency_ms_bucket",
    unit: "ms",
    series: ({ routeNamespace, route, refs }) =>
      refs.map(({ rule }) => ({ service: `httproute.${routeNamespace}.${route}.${rule}` })),
    codes: { good: { code: "200" }, bad: { code: "503" } },
    bad: "503",
  },
  gke: {
    counter: "loadbalancing_googleapis_com:https_backend_request_count",
    histogram: "loadbalancing_googleapis_com:https_backend_latencies_bucket",
    unit: "ms",
    series: ({ namespace, service }) => [
      {
        monitored_resource: "https_lb_rule",
        backend_target_name: `gkegw1-x1y2-${namespace}-${service}-80-78qnvyiusmha`,
      },
    ],
    codes: { good: { response_code_class: "200" }, bad: { response_code_class: "500" } },
    bad: "5xx",
  },
  application: {
    counter: "http_request_duration_seconds_count",
    histogram: "http_request_duration_seconds_bucket",
    unit: "s",
    series: ({ namespace, replicaSet }) => [
      { namespace, pod: pod(replicaSet) },
      { kubernetes_namespace: namespace, kubernetes_pod_name: pod(replicaSet) },
    ],
    codes: { good: { status: "200" }, bad: { code: "503" } },
    bad: "503",
  },
} satisfies Partial<Record<PackName, Naming>>;

/** The packs with series of their own: some gateways have none, and Serin reads the application's. */
export type CountedName = keyof typeof written;

export const namings: Readonly<Record<CountedName, Naming>> = written;

export const countedNames = Object.keys(written) as CountedName[];
