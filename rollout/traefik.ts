import type { Counters } from "./counts.ts";

/** One backend of a route, as the gateway's metrics name it. */
export interface Backend {
  readonly routeNamespace: string;
  readonly route: string;
  readonly namespace: string;
  readonly service: string;
}

/** One series of an instant query: labels and value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Traefik names a backend
 * `httproute-<ns>-<route>-gw-<gateway ns>-<gateway>-ep-<entrypoint>-<rule>-<hash>-svc-<ns>-<service>-<index>@kubernetesgateway`,
 * every non-alphanumeric written as "-" (pkg/provider/kubernetes/gateway, Traefik 3.7).
 */
export function backendPattern(backends: readonly Backend[]): string {
  return backends
    .map(({ routeNamespace, route, namespace, service }) => {
      const [r, s] = [`${routeNamespace}-${route}`, `${namespace}-${service}`].map(normalize);
      return `httproute-${r}-gw-.+-svc-${s}-[0-9]+@kubernetesgateway`;
    })
    .join("|");
}

/** PromQL for the raw request counters of these backends. */
export function requestsQuery(backends: readonly Backend[]): string {
  return `traefik_service_requests_total{service=~"${backendPattern(backends)}"}`;
}

/** PromQL for the raw latency histograms of these backends. */
export function bucketsQuery(backends: readonly Backend[]): string {
  return `traefik_service_request_duration_seconds_bucket{service=~"${backendPattern(backends)}"}`;
}

/** The counters of these backends out of samples of both queries. */
export function countersOf(samples: readonly Sample[], backends: readonly Backend[]): Counters {
  const pattern = new RegExp(`^(?:${backendPattern(backends)})$`);
  const requests = new Map<string, { code: string; value: number }>();
  const buckets = new Map<string, { le: number; value: number }>();
  for (const { labels, value } of samples) {
    if (!pattern.test(labels.service ?? "")) continue;
    const series = JSON.stringify(Object.entries(labels).toSorted());
    if (labels.le === undefined) requests.set(series, { code: labels.code ?? "", value });
    else
      buckets.set(series, {
        le: labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le),
        value,
      });
  }
  return { requests, buckets };
}

/** Also what keeps names harmless inside a PromQL string: nothing but letters, digits and "-" is left. */
function normalize(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, "-");
}
