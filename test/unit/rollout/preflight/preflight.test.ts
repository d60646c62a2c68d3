import { expect } from "chai";
import { aRoute } from "../../../support/builders.ts";
import { ALL, type Asked, behind, blocker, caveats, gateways, type Name, plans } from "./asked.ts";

describe("what a gateway cannot do", () => {
  const table: Record<
    Name,
    [refused: Partial<Record<Asked, RegExp>>, doubted: Partial<Record<Asked, RegExp>>]
  > = {
    Traefik: [
      {
        "copies of all": /serin\.dev\/mirror is not possible here: Traefik answers every request .* 500/,
        "copies of 20%": /500/,
      },
      {},
    ],
    Contour: [{ "copies of 20%": /Contour copies every request, whatever the percentage/ }, {}],
    "Envoy Gateway": [{ sticky: /serin\.dev\/sticky .* Envoy Gateway names .* 503/ }, {}],
    Istio: [{}, {}],
    Cilium: [{}, {}],
    Linkerd: [{ "copies of all": /Linkerd ignores routes/, "copies of 20%": /Linkerd/ }, {}],
    NGINX: [
      { sticky: /serin\.dev\/sticky .* NGINX Gateway Fabric answers .* 500/ },
      { cookie: /serin\.dev\/match: NGINX .* comma/, sticky: /comma/ },
    ],
    HAProxy: [
      {
        "copies of all": /HAProxy/,
        "copies of 20%": /HAProxy/,
        sticky: /ignores filters/,
        query: /serin\.dev\/match .* HAProxy Ingress ignores them, so every request would match/,
      },
      { cookie: /x=1,a=1/, sticky: /x=1,a=1/ },
    ],
    Kong: [{ "copies of all": /Kong/, "copies of 20%": /Kong/, sticky: /Kong/ }, { query: /router_flavor/ }],
    Consul: [{ "copies of all": /Consul drops mirrors without an error/, "copies of 20%": /Consul/ }, {}],
    GKE: [{ sticky: /GKE/ }, { cookie: /exact/, sticky: /exact/ }],
    ALB: [
      { "copies of all": /AWS Load/, "copies of 20%": /AWS/, sticky: /filters that change answers/ },
      { cookie: /exact/, sticky: /exact/ },
    ],
    Lattice: [
      { "copies of all": /VPC/, "copies of 20%": /VPC/, sticky: /filters/, query: /query parameters/ },
      { cookie: /without expressions/, sticky: /without expressions/ },
    ],
    Azure: [
      { "copies of all": /Azure/, "copies of 20%": /Azure/, sticky: /filters of backends/ },
      { cookie: /exact/, sticky: /exact/ },
    ],
    kgateway: [{ "copies of 20%": /no percentage/ }, { sticky: /for requests only/ }],
    APISIX: [
      { sticky: /filters of backends/ },
      { "copies of all": /partly/, "copies of 20%": /partly/, cookie: /partly/, sticky: /partly/ },
    ],
    Emissary: [
      Object.fromEntries(ALL.map((asked) => [asked, /Emissary-ingress reads routes .* v1alpha1/])),
      {},
    ],
    unknown: [
      {
        "copies of all": /new\.io\/gateway is unknown to Serin/,
        "copies of 20%": /unknown/,
        sticky: /unknown/,
      },
      { cookie: /left open by the Gateway API/, query: /optional in the Gateway API/, sticky: /left open/ },
    ],
  };
  for (const name of Object.keys(table) as Name[]) {
    const [refused, doubted] = table[name];
    it(`${name}: ${Object.keys(refused).join(", ") || "nothing"} refused, ${Object.keys(doubted).join(", ") || "nothing"} doubted`, () => {
      for (const asked of ALL) {
        const [why, doubt] = [refused[asked], doubted[asked]];
        const said = blocker(plans[asked], behind(name));
        if (why === undefined) expect(said, asked).to.equal(undefined);
        else
          expect(said, asked)
            .to.match(why)
            .and.match(/^route shop\/web: /);
        const told = caveats(plans[asked], behind(name));
        if (doubt === undefined) expect(told, asked).to.equal("");
        else expect(told, asked).to.match(doubt);
      }
    });
  }

  it("is asked of every gateway of every route", () => {
    const both = aRoute({
      status: { parents: [{ controllerName: gateways.Istio }, { controllerName: gateways.Traefik }] },
    });
    expect(blocker(plans["copies of all"], both)).to.match(/Traefik/);
    expect(blocker(plans["copies of all"], behind("Istio"), behind("Kong"))).to.match(/Kong/);
    expect(
      blocker(
        plans["copies of all"],
        behind("Istio"),
        behind("Kong", [{ backendRefs: [{ name: "other" }] }]),
      ),
    ).to.equal(undefined);
  });

  it("is found for the last step, too", () => {
    expect(blocker({ steps: "pause, 10", sticky: "1h" }, behind("Kong"))).to.match(/sticky/);
  });

  it("copies of all are a part where the rule has other backends", () => {
    const shared = [{ backendRefs: [{ name: "web" }, { name: "other" }] }];
    expect(blocker(plans["copies of all"], behind("Contour", shared))).to.match(/whatever the percentage/);
    expect(blocker(plans["copies of all"], behind("Istio", shared))).to.equal(undefined);
  });
});

describe("a plan without a route", () => {
  const refused: [given: Record<string, string>, key: string | undefined][] = [
    [{}, undefined],
    [{ steps: "pause, 100", size: "3" }, undefined],
    [{ rollout: "blue-green" }, "rollout: blue-green"],
    [{ rollout: "ab-test", match: "header x-a=1" }, "rollout: ab-test"],
    [{ match: "header x-a=1" }, "match"],
    [{ sticky: "1h" }, "sticky"],
    [{ mirror: "100%" }, "mirror"],
  ];
  for (const [given, key] of refused) {
    it(`${key ? "is refused" : "is fine"}: ${JSON.stringify(given)}`, () => {
      const said = blocker(given, behind("Istio", [{ backendRefs: [{ name: "other" }] }]));
      if (key === undefined) expect(said).to.equal(undefined);
      else
        expect(said).to.equal(
          `serin.dev/${key}: it needs a gateway: add an HTTPRoute or GRPCRoute that names Service web`,
        );
    });
  }
});
