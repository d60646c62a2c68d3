import type { Gateway } from "./gateway.ts";
import { definePack } from "./metrics/define.ts";
import { envoyPack } from "./metrics/envoy.ts";
import { grpcStatus } from "./metrics/grpc-status.ts";
import { anyOf, anyPair, literal, matcher } from "./metrics/pattern.ts";
import type { Labels } from "./metrics/sample.ts";
import { portKeys, serviceKey } from "./metrics/services.ts";

/**
 * Istio's standard metrics, as the caller's side reports them (gateway, sidecar or waypoint). The pod's own side does not
 * count the 503 of a Service without endpoints. Such a series has the Service's name and lacks the workload's.
 */
const pack = definePack({
  name: "Istio",
  counter: "istio_requests_total",
  histogram: { metric: "istio_request_duration_milliseconds_bucket", perSecond: 1_000 },
  codeLabels: ["grpc_response_status", "response_code"],
  selections: (backends) => [
    [
      matcher("reporter", "source|waypoint"),
      matcher("destination_service_namespace", anyOf(backends.map(({ namespace }) => literal(namespace)))),
      matcher("destination_service_name", anyOf(backends.map(({ service }) => literal(service)))),
    ].join(","),
  ],
  keysFor: (backend) => [serviceKey(backend)],
  keysOf: ({ destination_service_namespace: namespace = "", destination_service_name: service = "" }) => [
    serviceKey({ namespace, service }),
  ],
  codeOf,
  countsMesh: true,
});

const ofService = /^outbound\|([0-9]+)\|[^|]*\|([^.]+)\.([^.]+)\.svc\..+$/;

/**
 * The counters of Envoy itself, under the names of Istio's tags. The callers' proxies count each Service in a cluster
 * `outbound|<port>|<subset>|<service>.<namespace>.svc.<domain>`, with its own 503 of a Service without endpoints. Istio's
 * tags give the counters of the classes (`upstream_rq_2xx`) the name of those of the codes: each request has both.
 */
const envoy = envoyPack({
  name: "Istio's Envoy",
  codeLabel: "response_code",
  selection: (backends) => {
    const services = backends.map(
      ({ namespace, service }) => [literal(`${service}.`), literal(namespace)] as const,
    );
    const name = `outbound\\|[0-9]+\\|[^|]*\\|${anyPair(services)}\\.svc\\..+`;
    return [matcher("cluster_name", name), matcher("response_code_class", "")].join(",");
  },
  keysFor: portKeys,
  keysOf: ({ cluster_name: name = "", response_code_class: byClass }) => {
    if (byClass !== undefined) return [];
    const [found, port = "", service = "", namespace = ""] = ofService.exec(name) ?? [];
    const key = serviceKey({ namespace, service });
    return found === undefined ? [] : [`${key}/${port}`, `${key}/`];
  },
  countsMesh: true,
});

/** Istio gathers changes for at most 10 s (PILOT_DEBOUNCE_MAX). */
export const istio: Gateway = {
  name: "Istio",
  controllers: ["istio.io"],
  settleMs: 10_000,
  metrics: {
    pack,
    envoy: {
      pack: envoy,
      needs: "its proxies count requests of clusters only with a proxyStatsMatcher",
    },
    calls: {
      counter: "`grpc_response_status` of `istio_requests_total`, whichever route",
      // The default of its retryOn. Seen with a version that ended 20 % of its calls so: 1 of 157 reached the caller.
      unseen: "calls that end with UNAVAILABLE and succeed when its gateway tries them again",
    },
  },
};

/** A gRPC call has both statuses, and the HTTP status is 200. */
function codeOf({ grpc_response_status: status = "", response_code: code = "" }: Labels): string {
  return status === "" ? code : grpcStatus(status);
}
