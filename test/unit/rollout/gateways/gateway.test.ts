import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { ParentStatus, Route } from "../../../../kube/core/routes.ts";
import { metricsWarning } from "../../../../rollout/admission/metrics-warnings.ts";
import { gatewaysOf } from "../../../../rollout/gateways/lookup.ts";
import { application } from "../../../../rollout/gateways/metrics/application.ts";
import { notAccepted, settleMs } from "../../../../rollout/gateways/settle.ts";
import { aRoute } from "../../../support/builders.ts";
import { type PackName, packs } from "./metrics/packs.ts";

const traefik = "traefik.io/gateway-controller";
const parent = (controllerName: string, conditions: Partial<Condition>[] = []): ParentStatus => ({
  controllerName,
  conditions: ["Accepted", "ResolvedRefs"].map((type) => ({
    type,
    status: "True",
    observedGeneration: 2,
    ...conditions.find((condition) => condition.type === type),
  })),
});
const route = (...parents: ParentStatus[]): Route => aRoute({ meta: { generation: 2 }, status: { parents } });

const policy = (conditions: Condition[]): ParentStatus => ({
  controllerName: "kuadrant.io/policy-controller",
  conditions,
});

describe("gateway", () => {
  it("is not a controller of policies: it is neither waited for nor asked for metrics", () => {
    const affected = { type: "kuadrant.io/RateLimitPolicyAffected", status: "True" } as const;
    for (const entry of [policy([]), policy([affected]), policy([{ ...affected, status: "False" }])]) {
      const asked = route(parent(traefik), entry);
      expect(notAccepted(asked)).to.equal(undefined);
      expect(gatewaysOf(asked).map(({ name }) => name)).to.deep.equal(["Traefik"]);
      expect(settleMs(asked)).to.equal(2_500);
      expect(notAccepted(route(entry))).to.match(/no gateway answers/);
    }
  });

  const accepted: [string, Route, RegExp | undefined][] = [
    ["all parents agree", route(parent(traefik), parent("a.io/b")), undefined],
    ["no gateway answers", route(), /no gateway answers for route shop\/web/],
    ["it has no status at all", aRoute({ status: {} }), /no gateway answers/],
    [
      "one parent is behind",
      route(parent(traefik), parent("a.io/b", [{ type: "ResolvedRefs", observedGeneration: 1 }])),
      /a.io\/b has not yet seen generation 2/,
    ],
    [
      "a ref is not resolved",
      route(
        parent(traefik, [
          { type: "ResolvedRefs", status: "False", reason: "BackendNotFound", message: "no web-canary" },
        ]),
      ),
      /traefik.*ResolvedRefs=False \(BackendNotFound\).*no web-canary/,
    ],
    [
      "no parent has a gateway's condition",
      route({ controllerName: traefik, conditions: [] }),
      /no gateway answers/,
    ],
    [
      "a condition is missing",
      route({ controllerName: traefik, conditions: parent(traefik).conditions?.slice(0, 1) ?? [] }),
      /has not yet seen/,
    ],
  ];
  for (const [when, asked, complaint] of accepted) {
    it(`${complaint ? "waits for" : "takes"} a route when ${when}`, () => {
      if (complaint === undefined) expect(notAccepted(asked)).to.equal(undefined);
      else expect(notAccepted(asked)).to.match(complaint);
    });
  }

  it("waits as long as the slowest of a route's gateways, and longer for one it does not know", () => {
    expect(settleMs(route()), "no gateway has answered yet").to.equal(10_000);
    expect(settleMs(route(parent(traefik), parent(traefik)))).to.equal(2_500);
    expect(settleMs(route(parent(traefik), parent("networking.gke.io/gateway")))).to.equal(90_000);
    expect(settleMs(route(parent("new.io/gateway")))).to.be.at.least(10_000);
    expect(gatewaysOf(route(parent("new.io/gateway")))[0]).to.include({
      name: "new.io/gateway",
      settleMs: 10_000,
    });
  });

  const known: [controllerName: string, name: string, pack: PackName, warning: RegExp | undefined][] = [
    ["traefik.io/gateway-controller", "Traefik", "traefik", /buckets/],
    ["projectcontour.io/gateway-controller", "Contour", "contour", undefined],
    ["projectcontour.io/projectcontour/contour", "Contour", "contour", undefined],
    ["gateway.envoyproxy.io/gatewayclass-controller", "Envoy Gateway", "envoy-gateway", /mergeBackends/],
    ["istio.io/gateway-controller", "Istio", "istio", undefined],
    ["istio.io/mesh-controller", "Istio", "istio", undefined],
    ["istio.io/unmanaged-gateway", "Istio", "istio", undefined],
    ["io.cilium/gateway-controller", "Cilium", "cilium", /scrape its Envoy/],
    ["linkerd.io/policy-controller", "Linkerd", "linkerd", /every meshed client/],
    ["gateway.nginx.org/nginx-gateway-controller", "NGINX Gateway Fabric", "nginx", /only NGINX Plus/],
    [
      "haproxy-ingress.github.io/controller",
      "HAProxy Ingress",
      "application",
      /numbers the servers.*application's own/,
    ],
    ["konghq.com/kic-gateway-controller", "Kong", "application", /per rule.*judged by the application's own/],
    ["konghq.com/gateway-operator", "Kong", "application", /per rule/],
    ["consul.hashicorp.com/gateway-controller", "Consul", "consul", /only such in the cluster/],
    ["hashicorp.com/consul-api-gateway-controller", "Consul", "consul", /only such in the cluster/],
    ["networking.gke.io/gateway", "GKE", "gke", /minutes late/],
    ["new.io/gateway", "new.io/gateway", "application", /does not know its metrics/],
    ["constructor/prototype", "constructor/prototype", "application", /does not know/],
    ["", "an unknown gateway", "application", /does not know/],
  ];
  for (const [controllerName, name, pack, warning] of known) {
    it(`knows ${controllerName || "no controller"} as ${name} and warns ${warning ? "of the needs of its metrics" : "of nothing"}`, () => {
      const [gateway] = gatewaysOf(route(parent(controllerName)));
      expect(gateway?.name).to.equal(name);
      const usable = gateway?.metrics.unusable?.HTTPRoute === undefined;
      expect(usable ? gateway?.metrics.pack : application).to.equal(packs[pack]);
      const said = gateway && metricsWarning(gateway);
      if (warning === undefined) expect(said).to.equal(undefined);
      else
        expect(said)
          .to.match(warning)
          .and.match(/^[^\n]+$/)
          .and.include("application")
          .and.include(name);
    });
  }

  it("warns of latency only where it is judged, or of a gateway that has no histogram", () => {
    const [gateway] = gatewaysOf(route(parent(traefik)));
    expect(gateway && metricsWarning(gateway, ["errors"])).to.equal(undefined);
    expect(gateway && metricsWarning(gateway, ["latency"])).to.include("serin.dev/metrics: application");
    for (const [controllerName] of known) {
      const { metrics, ...named } = gatewaysOf(route(parent(controllerName)))[0] ?? expect.fail();
      if (metrics.unusable?.HTTPRoute !== undefined || metrics.pack.buckets !== undefined) continue;
      expect(metricsWarning({ metrics, ...named }, ["latency"])).to.include("no histogram");
    }
  });
});
