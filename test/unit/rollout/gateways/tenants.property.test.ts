import { expect } from "chai";
import fc from "fast-check";
import type { ParentRef, Route } from "../../../../kube/core/routes.ts";
import { attributedBy } from "../../../../rollout/gateways/metrics/attribution.ts";
import type { Backend } from "../../../../rollout/gateways/metrics/backend.ts";
import { claimsOn, serviceOf } from "../../../../rollout/gateways/namesakes.ts";
import { gateways } from "../../../../rollout/gateways/registry.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import { aRoute } from "../../../support/builders.ts";
import { cases } from "../../../support/cases.ts";
import { countedNames, namings } from "./metrics/namings.ts";
import { packs } from "./metrics/packs.ts";

const word = fc.constantFrom("a", "b", "shop", "gw", "svc", "gw-a", "1", "0-abc", "0-abc-svc-shop");
const words = (min: number, max: number) => fc.array(word, { minLength: min, maxLength: max });

/** Two tenants whose names begin with the same words, which end the namespace at different places. */
const tenants = fc
  .record({
    shared: words(2, 4),
    route: words(1, 2),
    service: words(1, 3),
    ends: fc.tuple(fc.nat(2), fc.nat(2)),
    more: fc.record({ route: words(0, 2), service: words(0, 2) }),
    gateway: fc.record({ namespace: word, name: word }),
    routeKind: fc.constantFrom("HTTPRoute" as const, "GRPCRoute" as const),
  })
  .filter(({ shared, ends: [a, b] }) => a !== b && Math.max(a, b) < shared.length - 1)
  .map(({ shared, route, service, ends, more, gateway, routeKind }) => {
    const [own, other] = ends.map((end, i): Backend => {
      const namespace = shared.slice(0, end + 1).join("-");
      const rest = shared.slice(end + 1);
      const tail = i === 0 ? { route: [], service: [] } : more;
      return {
        routeKind,
        routeNamespace: namespace,
        route: [...rest, ...route, ...tail.route].join("-"),
        namespace,
        service: [...tail.service, ...rest, ...service].join("-"),
        refs: [{ rule: 0, backend: 0, port: 80 }],
        replicaSet: "web-5b7f9c6d4f",
      };
    });
    return { own: own as Backend, other: other as Backend, gateway };
  });

function routeOf({ routeKind, routeNamespace, route, service }: Backend, parent: ParentRef): Route {
  const made = aRoute({
    kind: routeKind,
    backends: [{ name: service, port: 80 }],
    meta: { namespace: routeNamespace, name: route },
  });
  return { ...made, spec: { ...made.spec, parentRefs: [parent] } };
}

describe("the metrics of two tenants on one gateway", () => {
  for (const name of countedNames) {
    if (name === "application") continue;
    const { [name]: pack } = packs;
    let attributed = 0;

    it(`of ${name} never count for the other one while the routes are known`, () => {
      const check = fc.property(tenants, ({ own, other, gateway }) => {
        const find = attributedBy(pack, [[own, "own"]]);
        const claims = claimsOn(pack, pack.keysFor(own))(leanRoute(routeOf(other, gateway)));
        const written = JSON.stringify(namings[name].series(other));
        const behind = written.replaceAll("-gw-edge-public-", `-gw-${gateway.namespace}-${gateway.name}-`);
        for (const labels of JSON.parse(behind)) {
          const found = find(labels);
          if (found === undefined) continue;
          attributed += 1;
          const services = claims.filter(({ key }) => key === found.key).map(({ service }) => service);
          expect(services, JSON.stringify({ labels, own })).to.include(serviceOf(other));
        }
        const mine = claimsOn(pack, pack.keysFor(own))(leanRoute(routeOf(own, gateway)));
        expect(mine.filter(({ service }) => service !== serviceOf(own))).to.deep.equal([]);
      });
      fc.assert(check, { numRuns: cases(2_000) });
      if (pack.joined === undefined) expect(attributed).to.equal(0);
      else if (name !== "consul") expect(attributed, "names that collide").to.be.above(0);
    });
  }

  it("of Consul count for nobody if two namespaces have the same Service", () => {
    const { pack } = gateways.consul.metrics;
    const other = { name: "web-canary", port: 80 };
    const route = aRoute({ kind: "HTTPRoute", backends: [other], meta: { namespace: "evil" } });
    expect(claimsOn(pack, ["web-canary"])(leanRoute(route))).to.deep.equal([
      { key: "web-canary", service: "evil/web-canary" },
    ]);
    expect(
      claimsOn(pack, ["shop/web-canary"])(leanRoute(route)),
      "a namespace of Consul Enterprise",
    ).to.deep.equal([]);
  });

  it("of GKE count for nobody if a copy of requests goes to a Service with the same name", () => {
    const { pack } = gateways.gke.metrics;
    const made = aRoute({ kind: "HTTPRoute", backends: [], meta: { namespace: "shop-web" } });
    const filters = [{ type: "RequestMirror", requestMirror: { backendRef: { name: "canary" } } }];
    const route = { ...made, spec: { ...made.spec, rules: [{ filters }] } };
    expect(claimsOn(pack, ["shop-web-canary"])(leanRoute(route))).to.deep.equal([
      { key: "shop-web-canary", service: "shop-web/canary" },
    ]);
  });
});
