import type { App } from "./apps.ts";

/** A gateway's metrics, as it would export them, and how a peer asks for them. */
export interface ExportedGateway {
  readonly name: string;
  readonly pack: "traefik" | "contour";
  readonly counter: string;
  readonly histogram: string;
  /** Units of its latencies in a second. */
  readonly perSecond: number;
  /** Its counters of each backend that have no status → the share of the requests that they count. */
  readonly others: Readonly<Record<string, number>>;
  /** Whether its histogram has the labels of the status, too. */
  readonly bucketsByCode: boolean;
  /** The labels that name a backend, as text. */
  readonly backend: (app: App, arm: "canary" | "stable") => string;
  /** The labels of a status and method, as text. */
  readonly answer: (code: string, method: string) => string;
  /** Selects the canary's series, by what a template can say: namespace and name. */
  readonly canary: (app: App) => string;
  /** The label of the status. */
  readonly codeLabel: string;
}

/** Status and method → share of the requests. */
export const ANSWERS = [
  ["200", "GET", 0.7],
  ["201", "POST", 0.249],
  ["404", "GET", 0.05],
  ["500", "GET", 0.0005],
  ["503", "POST", 0.0005],
] as const;

/** Upper bounds of the buckets, in seconds. */
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, Infinity] as const;

const serviceOf = ({ name }: App, arm: "canary" | "stable") => (arm === "canary" ? `${name}-canary` : name);

/** Ten bytes of a hash, as Traefik writes them. */
const HASH = "0d8f3b6a41c97e25ab10";

/** Traefik 3: five requests' counters and 65 buckets a backend. */
const traefik: ExportedGateway = {
  name: "Traefik",
  pack: "traefik",
  counter: "traefik_service_requests_total",
  histogram: "traefik_service_request_duration_seconds_bucket",
  others: {},
  perSecond: 1,
  bucketsByCode: true,
  backend: (app, arm) => {
    const route = `${app.namespace}-${app.name}-gw-infra-edge-ep-web-0-${HASH}`;
    const service = `${app.namespace}-${serviceOf(app, arm)}-${arm === "canary" ? 1 : 0}`;
    return `service="httproute-${route}-svc-${service}@kubernetesgateway"`;
  },
  answer: (code, method) => `code="${code}",method="${method}",protocol="http"`,
  canary: ({ namespace, name }) =>
    `service=~"httproute-${namespace}-${name}-gw-.+-svc-${namespace}-${name}-canary-[0-9]+@kubernetesgateway"`,
  codeLabel: "code",
};

/** Contour's Envoy: five counters by status, six others and 13 buckets a cluster. */
const contour: ExportedGateway = {
  name: "Contour",
  pack: "contour",
  counter: "envoy_cluster_upstream_rq",
  histogram: "envoy_cluster_upstream_rq_time_bucket",
  others: {
    envoy_cluster_upstream_rq_total: 1,
    envoy_cluster_upstream_rq_completed: 1,
    envoy_cluster_upstream_rq_retry: 0,
    envoy_cluster_upstream_rq_active: 0,
    envoy_cluster_upstream_rq_tx_reset: 0,
    envoy_cluster_upstream_cx_destroy_local_with_active_rq: 0,
  },
  perSecond: 1_000,
  bucketsByCode: false,
  backend: (app, arm) => `envoy_cluster_name="${app.namespace}_${serviceOf(app, arm)}_80"`,
  answer: (code) => `envoy_response_code="${code}"`,
  canary: ({ namespace, name }) => `envoy_cluster_name=~"${namespace}_${name}-canary_[0-9a-zA-Z-]+"`,
  codeLabel: "envoy_response_code",
};

/** By name. */
export const exportedGateways = { traefik, contour } as const;
