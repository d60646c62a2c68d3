import { expect } from "chai";
import { type HttpProxy, type Ingress, ingressOf } from "../../../../kube/core/ingresses.ts";
import { besideWarnings } from "../../../../rollout/admission/beside-warnings.ts";
import { bypassOf } from "../../../../rollout/stages/bypass.ts";
import { besideWeights, keptSessions } from "../../../../rollout/traffic/beside.ts";
import { aRoute, aService, aSnapshot } from "../../../support/builders.ts";
import { carrying } from "../../../support/rollout.ts";

const to = (name: string) => ({ backend: { service: { name } } });
const anIngress = (spec: Ingress["spec"]): Ingress => ({
  metadata: { name: "old", namespace: "shop" },
  ...(spec && { spec }),
});
const services = [aService()];
const session = { sessionPersistence: { sessionName: "id" } };

describe("requests that no weight splits", () => {
  for (const [how, spec] of [
    ["a path", { rules: [{ http: { paths: [to("api"), to("web")] } }] }],
    ["the default backend", { defaultBackend: { service: { name: "web" } } }],
  ] as const)
    it(`come through an Ingress, by ${how}`, () => {
      expect(besideWeights({ services, ingresses: [anIngress(spec)] })).to.deep.equal([
        "Ingress old leads to Service web too",
      ]);
    });

  it("come through an HTTPProxy of Contour", () => {
    const metadata = { name: "old", namespace: "shop" };
    const leading = (spec: HttpProxy["spec"]) =>
      besideWeights({ services, ingresses: [ingressOf({ metadata, ...(spec && { spec }) })] });
    const routes = [{}, { services: [{ name: "api" }, { name: "web" }] }];
    expect(leading({ routes })).to.deep.equal(["HTTPProxy old leads to Service web too"]);
    for (const spec of [undefined, {}, { routes: [{ services: [{ name: "api" }] }] }])
      expect(leading(spec)).to.deep.equal([]);
  });

  for (const spec of [undefined, {}, { rules: [{}] }, { rules: [{ http: { paths: [to("api"), {}] } }] }])
    it(`do not come through an Ingress to others: ${JSON.stringify(spec)}`, () => {
      expect(besideWeights({ services, ingresses: [anIngress(spec)] })).to.deep.equal([]);
    });

  for (const type of ["LoadBalancer", "NodePort"])
    it(`come through a Service of type ${type}`, () => {
      expect(besideWeights({ services: [aService({ type })], ingresses: [] })).to.deep.equal([
        `Service web of type ${type} takes requests without the gateway`,
      ]);
    });

  it("come to the addresses that its owner gave a Service", () => {
    const given = (externalIPs: string[]) =>
      besideWeights({ services: [aService({ externalIPs })], ingresses: [] });
    expect(given(["192.0.2.1"])).to.deep.equal([
      "Service web of type ClusterIP with externalIPs takes requests without the gateway",
    ]);
    expect(given([])).to.deep.equal([]);
  });

  for (const [externalName, leads] of [
    ["web.shop.svc.cluster.local", true],
    ["web.shop.svc", true],
    ["web.other.svc.cluster.local", false],
    ["api.shop.svc.cluster.local", false],
    ["web.shop.example", false],
  ] as const)
    it(`${leads ? "come" : "do not come"} through a Service of type ExternalName to ${externalName}`, () => {
      const alias = aService({ meta: { name: "shop" }, type: "ExternalName", externalName });
      expect(besideWeights({ services, aliases: [aService(), alias], ingresses: [] })).to.deep.equal(
        leads ? ["Service shop of type ExternalName leads to Service web too"] : [],
      );
    });

  it("come through a route that the plan leaves out", () => {
    const leftOut = [
      aRoute({ meta: { name: "admin" } }),
      aRoute({ meta: { name: "api" }, backends: [{ name: "api", port: 80 }] }),
    ];
    const found = ["HTTPRoute shop/admin leads to Service web too, and serin.dev/routes leaves it out"];
    expect(besideWeights({ services, leftOut, ingresses: [] })).to.deep.equal(found);
    expect(bypassOf(aSnapshot({ leftOutRoutes: leftOut })), "in flight").to.equal(found[0]);
  });

  it("stay at a version by a session of the user's rule, also while the route carries the overlay", () => {
    const backendRefs = [{ name: "web", port: 80 }];
    const others = { backendRefs: [{ name: "api", port: 80 }], ...session };
    const route = aRoute({ rules: [others, { backendRefs, ...session }, { backendRefs }] });
    const found = ["rule 1 of HTTPRoute shop/web has sessionPersistence"];
    expect(keptSessions({ services, routes: [route] })).to.deep.equal(found);
    expect(keptSessions({ services, routes: [carrying(route, 10, 0)] })).to.deep.equal(found);
  });

  it("are a warning at admission where a route has weights", () => {
    const route = aRoute({ rules: [{ backendRefs: [{ name: "web", port: 80 }], ...session }] });
    const ingresses = [anIngress({ defaultBackend: { service: { name: "web" } } })];
    expect(besideWarnings({ services, routes: [route], ingresses })).to.deep.equal([
      "Ingress old leads to Service web too: no weight splits these requests; they get the stable version until the promotion",
      "rule 0 of HTTPRoute shop/web has sessionPersistence: the weights hold for new sessions only; the others stay at the stable version",
    ]);
    expect(besideWarnings({ services, routes: [], ingresses })).to.deep.equal([]);
  });
});
