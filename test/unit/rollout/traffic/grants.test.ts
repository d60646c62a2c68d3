import { expect } from "chai";
import type { ReferenceGrant, Route } from "../../../../kube/core/routes.ts";
import { crossesInto, missingGrant } from "../../../../rollout/traffic/grants.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import { aRoute, aService } from "../../../support/builders.ts";

type To = ReferenceGrant["spec"]["to"][number];

const group = "gateway.networking.k8s.io";
const foreign = (kind = "HTTPRoute"): Route =>
  aRoute({
    kind,
    backends: [{ name: "web", namespace: "shop", port: 80 }],
    meta: { name: "front", namespace: "edge" },
  });
const to = (name?: string): To => ({ group: "", kind: "Service", ...(name !== undefined && { name }) });
const grant = (
  tos: To[],
  { kind = "HTTPRoute", namespace = "edge", home = "shop" } = {},
): ReferenceGrant => ({
  metadata: { name: "allow-edge", namespace: home },
  spec: { from: [{ group, kind, namespace }], to: tos },
});
const ask = (routes: Route[], grants: ReferenceGrant[]) =>
  missingGrant([aService()], routes.map(leanRoute), grants);

describe("grants", () => {
  const allowed: [string, Route[], ReferenceGrant[]][] = [
    ["the route is at home", [aRoute()], []],
    [
      "the route names another Service",
      [aRoute({ backends: [{ name: "web" }], meta: { namespace: "edge" } })],
      [],
    ],
    ["a grant covers all Services", [foreign()], [grant([to()])]],
    ["an empty name means all, too", [foreign()], [grant([to("")])]],
    ["a grant covers the canary Service", [foreign()], [grant([to("web"), to("web-canary")])]],
    ["two grants cover one each", [foreign()], [grant([to("web")]), grant([to("web-canary")])]],
    ["a grant is for both kinds of routes", [foreign("GRPCRoute")], [grant([to()], { kind: "GRPCRoute" })]],
  ];
  for (const [when, routes, grants] of allowed) {
    it(`has nothing to say when ${when}`, () => expect(ask(routes, grants)).to.equal(undefined));
  }

  it("says what to add to a grant that lacks the canary Service", () => {
    expect(ask([aRoute(), foreign()], [grant([to("web")])])).to.equal(
      "ReferenceGrant shop/allow-edge covers Service web only, for HTTPRoute edge/front: the canary needs Service " +
        'web-canary too: add {group: "", kind: Service, name: web-canary} to its spec.to, or leave the name out',
    );
  });

  const missing: [string, ReferenceGrant[]][] = [
    ["there is none", []],
    ["it is for another kind of routes", [grant([to()], { kind: "GRPCRoute" })]],
    ["it is for another namespace", [grant([to()], { namespace: "other" })]],
    ["it lies in another namespace", [grant([to()], { home: "edge" })]],
    ["it is about another kind of backends", [grant([{ group: "", kind: "Secret" }])]],
    ["it is about another Service", [grant([to("api")])]],
  ];
  for (const [when, grants] of missing) {
    it(`says which grant is missing when ${when}`, () => {
      expect(ask([foreign()], grants)).to.equal(
        "no ReferenceGrant of namespace shop lets HTTPRoute edge/front name Service web, nor Service web-canary, which " +
          `the canary needs: add one with {group: ${group}, kind: HTTPRoute, namespace: edge} in its spec.from and ` +
          '{group: "", kind: Service} in its spec.to',
      );
    });
  }

  it("tells the routes that grants count for", () => {
    expect(crossesInto("shop", foreign())).to.equal(true);
    expect(crossesInto("shop", aRoute())).to.equal(false);
    expect(crossesInto("other", foreign())).to.equal(false);
  });
});
