import type { Gateway } from "./gateway.ts";
import type { Backend } from "./metrics/backend.ts";
import { definePack, first } from "./metrics/define.ts";
import { grpcStatus } from "./metrics/grpc-status.ts";
import { anyPair, matcher } from "./metrics/pattern.ts";
import type { Labels } from "./metrics/sample.ts";

/** The rule index and the hash of the rule's match, which come before the Service in the name. */
const hash = "-[0-9]+-[0-9a-f]+";
const series = /^((?:http|grpc)route-.+)-[0-9]+@kubernetesgateway$/;
const beforeService = new RegExp(`${hash}(?=-svc-)`, "g");
const beforeGateway = /(?=-gw-)/g;
/**
 * Traefik's own label, and the name under which Prometheus stores it if the scrape adds a label `service`, as a ServiceMonitor
 * does without honorLabels. The exported one comes first: then the other one names the scraped Service.
 */
const serviceLabels = ["exported_service", "service"] as const;

/**
 * Traefik names a backend
 * `httproute-<ns>-<route>-gw-<gateway ns>-<gateway>-ep-<entrypoint>-<rule>-<hash>-svc-<ns>-<service>-<index>@kubernetesgateway`,
 * every non-alphanumeric written as "-" (pkg/provider/kubernetes/gateway, Traefik 3.7).
 */
const pack = definePack({
  name: "Traefik",
  counter: "traefik_service_requests_total",
  histogram: {
    metric: "traefik_service_request_duration_seconds_bucket",
    perSecond: 1,
    // Traefik drops all series of a service together, by the service's name (isOutdated in its Prometheus registry).
    without: ["code", "method", "protocol"],
  },
  codeLabels: ["code"],
  selections: (backends) => {
    const pattern = `${named(backends)}-[0-9]+@kubernetesgateway`;
    return serviceLabels.map((label) => matcher(label, pattern));
  },
  keysFor: (backend) => [`${routeOf(backend)}/${serviceOf(backend)}`],
  keysOf,
  joined: {
    partOf: (key) => key.slice(key.indexOf("/") + 1),
    partsOf,
    leadsTo: (key, backend, gateway) =>
      `${routeOf(backend)}-gw-${normalize(gateway)}-`.startsWith(`${key.slice(0, key.indexOf("/"))}-gw-`),
  },
  codeOf,
});

/** Traefik throttles its provider to 2 s by default; the longest measured delay was 0.5 s. */
export const traefik: Gateway = {
  name: "Traefik",
  controllers: ["traefik.io"],
  settleMs: 2_500,
  metrics: {
    pack,
    needs: {
      latency:
        "its default buckets end at 0.1, 0.3, 1.2 and 5 s: set finer ones (metrics.prometheus.buckets)",
      calls:
        "of gRPC it sees the status of calls that fail before their first message, UNKNOWN excepted, and no other failures",
    },
    calls: {
      counter: '`traefik_service_requests_total` with `protocol="grpc"`, whichever route',
      unseen: "see below",
    },
  },
  lacks: {
    mirror: "answers every request of a rule that has a mirror with 500",
    "mirror-percent": "has no mirrors",
  },
};

function named(backends: readonly Backend[]): string {
  return anyPair(
    backends.map((backend) => {
      const namespace = normalize(backend.namespace);
      return [`${routeOf(backend)}-gw-.+${hash}-svc-${namespace}-`, normalize(backend.service)] as const;
    }),
  );
}

/**
 * Every way to read the name. A route may have "-gw-" in its name, and a Service "-0-abc-svc-". The longest names come
 * first, because shorter ones imply unusual names of the gateway and the entry point.
 */
function keysOf(labels: Labels): readonly string[] {
  const name = series.exec(first(labels, serviceLabels))?.[1] ?? "";
  const services = [...name.matchAll(beforeService)].map((end) => end.index + end[0].length);
  return services.flatMap((end) =>
    [...name.slice(0, end).matchAll(beforeGateway)]
      .reverse()
      .map(({ index }) => `${name.slice(0, index)}/${name.slice(end + "-svc-".length)}`),
  );
}

/** The backend's Service, and what `keysOf` may read after a "-svc-" in its name. */
function partsOf(backend: Backend): readonly string[] {
  const whole = serviceOf(backend);
  return [0, ...[...whole.matchAll(/-svc-/g)].map(({ index, 0: { length } }) => index + length)].map((from) =>
    whole.slice(from),
  );
}

/**
 * Traefik reads a call's status from the headers. It is there only if the call fails before its first message. For all
 * other calls Traefik counts 2: for successes, for failures after the first message, and for UNKNOWN.
 */
function codeOf({ protocol = "", code = "" }: Labels): string {
  if (!protocol.startsWith("grpc")) return code;
  return code === "2" ? "" : grpcStatus(code);
}

function routeOf({ routeKind, routeNamespace, route }: Backend): string {
  return normalize(`${routeKind.toLowerCase()}-${routeNamespace}-${route}`);
}

function serviceOf({ namespace, service }: Backend): string {
  return normalize(`${namespace}-${service}`);
}

/** Also what keeps names harmless inside a pattern: nothing but letters, digits and "-" is left. */
function normalize(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, "-");
}
