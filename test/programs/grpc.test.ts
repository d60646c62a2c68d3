import { expect } from "chai";
import { attribution } from "../../rollout/gateways/metrics/attribution.ts";
import type { Backend } from "../../rollout/gateways/metrics/backend.ts";
import type { Pack } from "../../rollout/gateways/metrics/pack.ts";
import { reproduce } from "../../rollout/gateways/metrics/reproduce.ts";
import type { Labels } from "../../rollout/gateways/metrics/sample.ts";
import { aBackend } from "../unit/rollout/gateways/metrics/backends.ts";
import { type PackName, packs } from "../unit/rollout/gateways/metrics/packs.ts";
import { promtool, raw, type Series } from "./promtool.ts";

const refs = [{ rule: 0, backend: 0, port: 9090 }];
const stable = aBackend({ routeKind: "GRPCRoute", refs });
const canary = aBackend({
  routeKind: "GRPCRoute",
  service: "web-canary",
  refs: [{ rule: 0, backend: 1, port: 9090 }],
  replicaSet: "web-6c8d7b5f9d",
});
/** The same Service at another port, behind a route of the same name and the other kind. */
const other: Backend = { ...canary, routeKind: "HTTPRoute", refs: [{ rule: 0, backend: 1, port: 80 }] };

/** The series that a gateway writes for one backend's calls, by status. They are independent of the code under test. */
interface Calls {
  series(backend: Backend, status: "ok" | "unavailable"): { metric: string; labels: Labels };
  /** A series that counts the same backend's calls by HTTP status, which queries must ignore. */
  also?(backend: Backend): { metric: string; labels: Labels };
  readonly buckets: string;
}

function envoy(clusterOf: (backend: Backend) => string, method = "", more: Labels = {}): Calls {
  const named = (backend: Backend) => ({ envoy_cluster_name: clusterOf(backend) });
  return {
    series: (backend, status) => ({
      metric: `envoy_cluster_grpc_${method}${status === "ok" ? 0 : 14}`,
      labels: { ...named(backend), ...more },
    }),
    also: (backend) => ({
      metric: "envoy_cluster_upstream_rq",
      labels: { ...named(backend), envoy_response_code: "200" },
    }),
    buckets: "envoy_cluster_upstream_rq_time_bucket",
  };
}

const portOf = ({ refs: [ref] }: Backend) => ref?.port;

const writers: Partial<Record<PackName, Calls>> = {
  contour: envoy((backend) => `${backend.namespace}_${backend.service}_${portOf(backend)}`),
  cilium: envoy((backend) => `edge/gw/${backend.namespace}_${backend.service}_${portOf(backend)}`),
  "envoy-gateway": envoy(
    ({ routeKind, routeNamespace, route, refs: [ref] }) =>
      `${routeKind.toLowerCase()}/${routeNamespace}/${route}/rule/0/backend/${ref?.backend}`,
    "Echo_Say_",
    { envoy_grpc_bridge_service: "serin", envoy_grpc_bridge_method: "test" },
  ),
  traefik: {
    series: ({ routeKind, routeNamespace, route, namespace, service, refs: [ref] }, status) => {
      const key = `${routeKind.toLowerCase()}-${routeNamespace}-${route}-gw-edge-gw-ep-web-0-1f8a2b3c4d`;
      const name = `${key}-svc-${namespace}-${service}-${ref?.backend}@kubernetesgateway`;
      const code = status === "ok" ? "2" : "14";
      return {
        metric: "traefik_service_requests_total",
        labels: { service: name, method: "POST", protocol: "grpc", code },
      };
    },
    buckets: "traefik_service_request_duration_seconds_bucket",
  },
  istio: {
    series: ({ namespace, service }, status) => ({
      metric: "istio_requests_total",
      labels: {
        ...{ reporter: "source", request_protocol: "grpc", response_code: "200" },
        ...{ destination_service_namespace: namespace, destination_service_name: service },
        grpc_response_status: status === "ok" ? "0" : "14",
      },
    }),
    buckets: "istio_request_duration_milliseconds_bucket",
  },
  "istio's envoy": {
    series: ({ namespace, service, refs: [ref] }, status) => ({
      metric: `envoy_cluster_grpc_${status === "ok" ? 0 : 14}`,
      labels: { cluster_name: `outbound|${ref?.port}||${service}.${namespace}.svc.cluster.local` },
    }),
    also: ({ namespace, service, refs: [ref] }) => ({
      metric: "envoy_cluster_upstream_rq",
      labels: {
        cluster_name: `outbound|${ref?.port}||${service}.${namespace}.svc.cluster.local`,
        response_code: "200",
      },
    }),
    buckets: "envoy_cluster_upstream_rq_time_bucket",
  },
  linkerd: {
    series: ({ routeKind, routeNamespace, route, namespace, service }, status) => ({
      metric: `outbound_${routeKind === "GRPCRoute" ? "grpc" : "http"}_route_backend_response_statuses_total`,
      labels: {
        ...{ route_kind: routeKind, route_namespace: routeNamespace, route_name: route },
        ...{ backend_kind: "Service", backend_namespace: namespace, backend_name: service },
        grpc_status: status === "ok" ? "OK" : "UNAVAILABLE",
      },
    }),
    buckets: "outbound_grpc_route_backend_response_duration_seconds_bucket",
  },
  application: {
    series: ({ namespace, replicaSet }, status) => ({
      metric: "grpc_server_handled_total",
      labels: {
        ...{ namespace, pod: `${replicaSet}-x7k2p`, grpc_service: "shop.Cart", grpc_method: "Add" },
        grpc_code: status === "ok" ? "OK" : "Unavailable",
      },
    }),
    also: ({ namespace, replicaSet }) => ({
      metric: "grpc_server_handled_total",
      labels: {
        ...{ namespace, pod: `${replicaSet}-x7k2p`, grpc_service: "grpc.health.v1.Health" },
        grpc_code: "OK",
      },
    }),
    buckets: "grpc_server_handling_seconds_bucket",
  },
};

/** The labels in Prometheus' answer, which has the metric's name as a label. */
function answered({ metric, labels }: { metric: string; labels: Labels }): Labels {
  return { __name__: metric, ...labels };
}

describe("gRPC calls", () => {
  for (const [name, writer] of Object.entries(writers) as [PackName, Calls][]) {
    const pack: Pack = packs[name];
    const owner = attribution(pack, [
      [stable, "stable"],
      [canary, "canary"],
    ]);
    const bad = writer.series(canary, "unavailable");

    describe(`behind ${name}`, () => {
      it("are attributed to a version and a status", () => {
        expect(owner(answered(bad))).to.equal("canary");
        expect(owner(answered(writer.series(stable, "ok")))).to.equal("stable");
        expect(pack.codeOf(answered(bad))).to.equal("UNAVAILABLE");
        expect(pack.codeOf(answered(writer.series(canary, "ok")))).to.be.oneOf(["OK", ""]);
      });

      it("are not counted a second time by HTTP status", () => {
        const http = writer.also?.(canary);
        if (http?.metric === "envoy_cluster_upstream_rq") expect(owner(answered(http))).to.equal(undefined);
        if (name === "istio" || name === "application") return;
        expect(owner(answered(writer.series(other, "ok"))), "another port's").to.equal(undefined);
      });

      it("are returned by Prometheus, also for a verdict's query", async () => {
        const written = [stable, canary].flatMap((backend) => [
          writer.series(backend, "ok"),
          writer.series(backend, "unavailable"),
        ]);
        const series: Series[] = written.map((one, index) => ({ ...one, growth: 3 * (index + 1) }));
        const left = [stable, canary].flatMap((backend) => writer.also?.(backend) ?? []);
        const unasked = left.map((one) => ({ ...one, growth: 7 }));
        const timed = { metric: writer.buckets, labels: { ...bad.labels, le: "+Inf" }, growth: 4 };
        const byStatus = written.slice(2).map(({ metric, labels }, index) => {
          const codes = pack.codeLabels.filter((label) => labels[label] !== undefined);
          const grouped = codes.map((label) => `${label}="${labels[label]}"`).join(",");
          const status = /_([0-9]+)$/.exec(metric)?.[1];
          const growth = 8 * 3 * (index + 3);
          // With samples every 5 s, Prometheus sees 115 s of the 120 s and extrapolates.
          return status === undefined
            ? { labels: `{${grouped}}`, value: growth }
            : { labels: `{grpc_status="${status}"}`, value: Math.round((growth * 120) / 115) };
        });
        await promtool(
          [...series, ...unasked, timed],
          [
            { promql: pack.requests([stable, canary]), samples: raw(series) },
            { promql: `round(${reproduce(pack, [canary], 120)})`, samples: byStatus },
            { promql: `count(${pack.buckets?.([canary])})`, samples: [{ labels: "{}", value: 1 }] },
          ],
        );
      });
    });
  }

  it("of a Service with routes of both kinds come together with counters that differ from them in their names alone", async () => {
    const pack = packs.contour;
    const { tries = "", ended = [], atMost = [] } = pack.givenUp ?? {};
    const labels = { envoy_cluster_name: "shop_web-canary_9090" };
    const names = [tries, ...ended, ...atMost, "envoy_cluster_grpc_0", "envoy_cluster_grpc_14"];
    const series: Series[] = [
      ...names.map((metric, index) => ({ metric, labels, growth: index + 1 })),
      { metric: "envoy_cluster_upstream_rq", labels: { ...labels, envoy_response_code: "200" }, growth: 20 },
    ];
    const unasked = { metric: "envoy_cluster_upstream_rq_timeout", labels, growth: 30 };
    const backends = [canary, { ...canary, routeKind: "HTTPRoute" as const }];
    const promql = pack.givenUp?.requests(backends) ?? "";
    await promtool([...series, unasked], [{ promql, samples: raw(series) }]);
  });

  it("of several methods behind Envoy Gateway, whose series differ in their names alone, are counted apart", async () => {
    const pack = packs["envoy-gateway"];
    const cluster = "service/shop/web-canary/9090/grpc";
    const labels = {
      ...{
        envoy_cluster_name: cluster,
        envoy_grpc_bridge_service: "serin",
        envoy_grpc_bridge_method: "test",
      },
    };
    const counting = (name: string, growth: number) => ({
      metric: `envoy_cluster_grpc_${name}`,
      labels,
      growth,
    });
    const counted = [counting("Echo_Say_14", 3), counting("Echo_Chat_14", 6), counting("Echo_Say_0", 9)];
    const left = ["success", "failure", "total", "request_message_count"].map((word) =>
      counting(`Echo_Say_${word}`, 7),
    );
    const value = (growth: number) => Math.round((8 * growth * 120) / 115);
    await promtool(
      [...counted, ...left],
      [
        { promql: pack.requests([canary]), samples: raw(counted) },
        {
          promql: `round(${reproduce(pack, [canary], 120)})`,
          samples: [
            { labels: '{grpc_status="14"}', value: value(9) },
            { labels: '{grpc_status="0"}', value: value(9) },
          ],
        },
      ],
    );
  });

  it("that break off are failures of Linkerd's backend, unless the client cancelled", () => {
    const { linkerd } = packs;
    expect(linkerd.codeOf({ grpc_status: "UNKNOWN", error: "RESET" })).to.equal("UNKNOWN");
    expect(linkerd.codeOf({ grpc_status: "OK", error: "IO" })).to.equal("UNKNOWN");
    expect(linkerd.codeOf({ grpc_status: "UNKNOWN", error: "CANCEL" })).to.equal("CANCELLED");
  });

  it("have a gRPC status at Traefik on every kind of route, as far as Traefik sees it", () => {
    const { traefik } = packs;
    expect(traefik.codeOf({ protocol: "grpc", code: "5" })).to.equal("NOT_FOUND");
    expect(traefik.codeOf({ protocol: "grpc-web", code: "13" })).to.equal("INTERNAL");
    expect(traefik.codeOf({ protocol: "grpc", code: "2" })).to.equal("");
    expect(traefik.codeOf({ protocol: "http", code: "502" })).to.equal("502");
  });

  it("and HTTP requests to different ports of a Service count for different routes behind Contour", () => {
    const { contour } = packs;
    const owner = attribution(contour, [
      [canary, "calls"],
      [other, "requests"],
    ]);
    const of = (metric: string, port: number) =>
      owner({ __name__: metric, envoy_cluster_name: `shop_web-canary_${port}` });
    expect(of("envoy_cluster_upstream_rq", 80)).to.equal("requests");
    expect(of("envoy_cluster_upstream_rq", 9090)).to.equal(undefined);
    expect(of("envoy_cluster_grpc_0", 9090)).to.equal("calls");
    expect(of("envoy_cluster_upstream_rq_time_bucket", 80)).to.equal("requests");
    expect(of("envoy_cluster_upstream_rq_time_bucket", 9090)).to.equal("calls");
  });
});
