import { expect } from "chai";
import { gateways } from "../../../../rollout/gateways/registry.ts";
import { aBackend } from "./metrics/backends.ts";

/** The clusters that the series of undivided requests may have, as Prometheus would match them. */
function matched(
  names: readonly string[],
  differing: Parameters<typeof aBackend>[0] = {},
): readonly string[] {
  const { series = "" } = gateways["envoy-gateway"].metrics.pack.undivided?.([aBackend(differing)]) ?? {};
  const [, pattern = '""'] =
    /^envoy_cluster_upstream_rq\{envoy_cluster_name=~("[^"]*")\}$/.exec(series) ?? [];
  const anchored = new RegExp(`^(?:${JSON.parse(pattern)})$`);
  return names.filter((name) => anchored.test(name));
}

describe("requests that a gateway counts for all versions together", () => {
  it("have the cluster of a rule without a backend's place, as Envoy Gateway is installed", () => {
    const names = [
      // As seen with Envoy Gateway 1.9.1.
      "httproute/shop/web/rule/0",
      "httproute/shop/web/rule/1",
      "httproute/shop/web/rule/00",
      "httproute/shop/web/rule/0/backend/0",
      "httproute/shop/web/rule/0-mirror-0",
      "httproute/shop/web-canary/rule/0",
      "httproute/workshop/web/rule/0",
      "grpcroute/shop/web/rule/0",
      "service/shop/web/80/http",
    ];
    expect(matched(names)).to.deep.equal(["httproute/shop/web/rule/0"]);
    expect(matched(names, { routeKind: "GRPCRoute" })).to.deep.equal(["grpcroute/shop/web/rule/0"]);
    const refs = [0, 1].map((rule) => ({ rule, backend: 0 }));
    expect(matched(names, { refs })).to.deep.equal([
      "httproute/shop/web/rule/0",
      "httproute/shop/web/rule/1",
    ]);
  });

  it("are told with what keeps Envoy Gateway from its own setting, too", () => {
    // As seen with Envoy Gateway 1.9.1 and mergeBackends: a rule with settings of its own shares no cluster with other routes.
    const { reason } = gateways["envoy-gateway"].metrics.pack.undivided?.([aBackend()]) ?? {};
    expect(reason).to.include("set mergeBackends").and.include("let it target the Gateway");
  });

  it("are none where no rule names the backend", () => {
    const { undivided } = gateways["envoy-gateway"].metrics.pack;
    expect(undivided?.([aBackend({ refs: [] })])).to.equal(undefined);
  });
});
