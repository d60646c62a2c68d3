import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import { announce } from "../../../../rollout/admission/warnings.ts";
import { aPlan, aRoute, aService } from "../../../support/builders.ts";

const behind = (controllerName: string): Route => ({
  ...aRoute(),
  status: { parents: [{ controllerName }] },
});
const said = (controllerName: string, annotations: Record<string, string> = {}) => {
  const [, ...warnings] = announce(aPlan(annotations), [aService()], [behind(controllerName)]);
  return warnings;
};

describe("announce", () => {
  it("tells the plan in its first line", () => {
    const [first, ...more] = announce(
      aPlan(),
      [aService()],
      [behind("projectcontour.io/gateway-controller")],
    );
    expect(first).to.match(/^canary 10→25→50 %, at least 3 min; compared with stable; Services web$/);
    expect(more).to.deep.equal([]);
  });

  it("announces no comparison where nothing counts the requests", () => {
    expect(announce(aPlan(), [aService()], [])[0]).to.contain(
      "not compared, because no route names a Service of these pods; no checks but the health of the pods",
    );
    const byPods = announce(aPlan({ "serin.dev/metrics": "application" }), [aService()], []);
    expect(byPods).to.have.length(1);
    expect(byPods[0]).to.contain("compared with stable");
  });

  it("says which scrape would miss the canary", () => {
    const services = [aService(), aService({ meta: { name: "web-metrics" } })];
    const route = behind("traefik.io/gateway-controller");
    const advice =
      'serin.dev/metrics: application: Serin isolates Service web-metrics, so a scrape through it misses the canary: annotate it serin.dev/isolate: "false" if Prometheus uses it';
    expect(announce(aPlan({ "serin.dev/metrics": "application" }), services, [route])).to.include(advice);
    expect(announce(aPlan(), services, [route])).not.to.include(advice);
  });

  it("says what a gateway's metrics need, and the alternative", () => {
    expect(said("gateway.envoyproxy.io/gatewayclass-controller")).to.have.length(1);
    expect(said("gateway.envoyproxy.io/gatewayclass-controller")[0]).to.match(
      /^Envoy Gateway: .*mergeBackends.*serin\.dev\/metrics: application$/,
    );
    expect(said("konghq.com/kic-gateway-controller")[0]).to.match(/^Kong: .*http_request_duration_seconds$/);
    expect(said("example.com/unheard-of")[0]).to.match(/^example\.com\/unheard-of: Serin does not know/);
  });

  it("says what the counters of Envoy need, and who has none to choose", () => {
    const envoy = { "serin.dev/metrics": "envoy" };
    expect(said("istio.io/gateway-controller")).to.deep.equal([]);
    expect(said("istio.io/gateway-controller", envoy)[0]).to.match(
      /^Istio: .*proxyStatsMatcher; or judge by/,
    );
    expect(said("traefik.io/gateway-controller", envoy)).to.deep.equal([
      "serin.dev/metrics: Traefik has no other counters of an Envoy, so Serin reads its usual ones",
    ]);
  });

  it("speaks of latency only where a check asks for it", () => {
    expect(said("traefik.io/gateway-controller")).to.deep.equal([]);
    expect(said("traefik.io/gateway-controller", { "serin.dev/checks": "p99 <= 1s" })[0]).to.match(/buckets/);
  });

  it("says what a gateway does not tell of gRPC, for a GRPCRoute only", () => {
    const calls = (controllerName: string) =>
      announce(aPlan(), [aService()], [{ ...behind(controllerName), kind: "GRPCRoute" }]).slice(1);
    expect(calls("traefik.io/gateway-controller")).to.have.length(1);
    expect(calls("traefik.io/gateway-controller")[0]).to.match(
      /^Traefik: of gRPC .* UNKNOWN excepted.*serin\.dev\/metrics: application$/,
    );
    expect(calls("gateway.nginx.org/nginx")[0]).to.match(
      /^NGINX Gateway Fabric: it counts gRPC calls by their HTTP status.*own grpc_server_handled_total$/,
    );
    expect(calls("projectcontour.io/gateway-controller")).to.deep.equal([]);
  });

  it("is silent about metrics that no check reads", () => {
    const kong = "konghq.com/kic-gateway-controller";
    expect(said(kong, { "serin.dev/metrics": "application" })).to.deep.equal([]);
    expect(said(kong, { "serin.dev/compare": "off", "serin.dev/checks": "none" })).to.deep.equal([]);
    const elsewhere = aRoute({ backends: [{ name: "api", port: 80 }] });
    const parents = [{ controllerName: kong }];
    expect(announce(aPlan(), [aService()], [{ ...elsewhere, status: { parents } }])).to.have.length(1);
  });
});
