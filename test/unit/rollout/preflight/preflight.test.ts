import { expect } from "chai";
import type { Route, RouteRule } from "../../../../kube/core/routes.ts";
import { blockerOf, planBlocker, planCaveats } from "../../../../rollout/preflight/preflight.ts";
import { withShare } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON, aPlan, aRoute, aService } from "../../../support/builders.ts";
import { STICKY } from "../../../support/exposed.ts";
import { applied } from "../../../support/routes.ts";

const gateways = {
  Traefik: "traefik.io/gateway-controller",
  Contour: "projectcontour.io/gateway-controller",
  "Envoy Gateway": "gateway.envoyproxy.io/gatewayclass-controller",
  Istio: "istio.io/gateway-controller",
  Cilium: "io.cilium/gateway-controller",
  Linkerd: "linkerd.io/policy-controller",
  NGINX: "gateway.nginx.org/nginx-gateway-controller",
  HAProxy: "haproxy-ingress.github.io/controller",
  Kong: "konghq.com/kic-gateway-controller",
  Consul: "consul.hashicorp.com/gateway-controller",
  GKE: "networking.gke.io/gateway",
  "nobody knows": "new.io/gateway",
} as const;
type Name = keyof typeof gateways;
const plans = {
  "copies of all": { mirror: "100%" },
  "copies of 20%": { mirror: "20%" },
  sticky: { sticky: "1h" },
  header: { match: "header x-a=1" },
  cookie: { match: "cookie a=1" },
  query: { match: "query a=1" },
  weights: { steps: "10, 50" },
  switch: { rollout: "blue-green" },
} as const;
type Asked = keyof typeof plans;
const ALL = Object.keys(plans) as Asked[];

const planFor = (given: Record<string, string>) =>
  aPlan(Object.fromEntries(Object.entries(given).map(([key, value]) => [`serin.dev/${key}`, value])));
const behind = (
  name: Name,
  rules: RouteRule[] = [{ backendRefs: [{ name: "web", port: 80 }] }],
  rest: Partial<Route> = {},
) => aRoute({ rules, status: { parents: [{ controllerName: gateways[name] }] }, ...rest });
const obstacle = (given: Record<string, string>, ...routes: Route[]) =>
  planBlocker(planFor(given), [aService()], routes);
const doubts = (given: Record<string, string>, ...routes: Route[]) =>
  planCaveats(planFor(given), [aService()], routes).join("; ");

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
    "Envoy Gateway": [{}, {}],
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
      { cookie: /comma/, sticky: /comma/ },
    ],
    Kong: [{ "copies of all": /Kong/, "copies of 20%": /Kong/, sticky: /Kong/ }, { query: /router_flavor/ }],
    Consul: [{ "copies of all": /Consul drops mirrors without an error/, "copies of 20%": /Consul/ }, {}],
    GKE: [{ sticky: /GKE/ }, { cookie: /exact/, sticky: /exact/ }],
    "nobody knows": [
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
        const said = obstacle(plans[asked], behind(name));
        if (why === undefined) expect(said, asked).to.equal(undefined);
        else
          expect(said, asked)
            .to.match(why)
            .and.match(/^route shop\/web: /);
        const told = doubts(plans[asked], behind(name));
        if (doubt === undefined) expect(told, asked).to.equal("");
        else expect(told, asked).to.match(doubt);
      }
    });
  }

  it("is asked of every gateway of every route", () => {
    const both = aRoute({
      status: { parents: [{ controllerName: gateways.Istio }, { controllerName: gateways.Traefik }] },
    });
    expect(obstacle(plans["copies of all"], both)).to.match(/Traefik/);
    expect(obstacle(plans["copies of all"], behind("Istio"), behind("Kong"))).to.match(/Kong/);
    expect(
      obstacle(
        plans["copies of all"],
        behind("Istio"),
        behind("Kong", [{ backendRefs: [{ name: "other" }] }]),
      ),
    ).to.equal(undefined);
  });

  it("is found for the last step, too", () => {
    expect(obstacle({ steps: "pause, 10", sticky: "1h" }, behind("Kong"))).to.match(/sticky/);
  });

  it("copies of all are a part where the rule has other backends", () => {
    const shared = [{ backendRefs: [{ name: "web" }, { name: "other" }] }];
    expect(obstacle(plans["copies of all"], behind("Contour", shared))).to.match(/whatever the percentage/);
    expect(obstacle(plans["copies of all"], behind("Istio", shared))).to.equal(undefined);
  });
});

describe("what a route has no room for", () => {
  const refs = [{ name: "web", port: 80 }];
  const matches = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ path: { type: "PathPrefix", value: `/${i}` } }));
  it("names the limit, the rule and the route", () => {
    const rules = Array.from({ length: 9 }, (_, i) => ({
      matches: [{ path: { value: `/${i}` } }],
      backendRefs: refs,
    }));
    expect(obstacle(plans.header, behind("Istio", rules))).to.equal(
      "route shop/web: during the rollout, the route would have 18 rules, and the Gateway API allows 16",
    );
    expect(obstacle(plans.weights, behind("Istio", rules))).to.equal(undefined);
    const twenty = { match: Array.from({ length: 20 }, (_, i) => `header x-${i}=1`).join() };
    expect(obstacle(twenty, behind("Istio", [{ matches: matches(4), backendRefs: refs }]))).to.match(
      /rule 0 would have 80 matches/,
    );
    const many = Array.from({ length: 16 }, (_, i) => ({ name: `b${i}` }));
    expect(obstacle(plans.weights, behind("Istio", [{ backendRefs: [...many.slice(1), ...refs] }]))).to.match(
      /17 backends/,
    );
  });
});

it("spends little time on a hostile route and plan", () => {
  const headers = (from: number, count: number) =>
    Array.from({ length: count }, (_, k) => ({
      type: "RegularExpression" as const,
      name: `x-${k + from}`,
      value: ".*",
    }));
  const rules = Array.from({ length: 16 }, (_, i) => ({
    matches: Array.from({ length: 8 }, (_, j) => ({ headers: headers(i, (i * 8 + j) % 16) })),
    backendRefs: [{ name: i % 2 ? "web" : "other", port: 80 }],
  }));
  const steps = Array.from({ length: 20 }, (_, i) => i + 1).join();
  const match = Array.from({ length: 20 }, (_, i) => `header t-${i}=1`).join();
  const start = process.hrtime.bigint();
  expect(obstacle({ steps, match, sticky: "1h" }, behind("Istio", rules))).to.match(/would have \d+ rules/);
  doubts({ steps, match, sticky: "1h" }, behind("Istio", rules));
  expect(Number(process.hrtime.bigint() - start) / 1e6).to.be.below(2_000);
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
      const said = obstacle(given, behind("Istio", [{ backendRefs: [{ name: "other" }] }]));
      if (key === undefined) expect(said).to.equal(undefined);
      else
        expect(said).to.equal(
          `serin.dev/${key}: it needs a gateway: add an HTTPRoute or GRPCRoute that names Service web`,
        );
    });
  }
});

describe("rules that cannot be told apart", () => {
  const cookies = { headers: [{ type: "RegularExpression" as const, name: "cookie", value: "^a=1$" }] };
  const refs = [{ name: "web", port: 80 }];
  const own = (filter: object) => ({ type: "ResponseHeaderModifier", responseHeaderModifier: filter });
  const setting = own({ set: [{ name: "set-cookie", value: "a=b" }] });

  it("refuse cookies of ours beside conditions on cookies and filters for them", () => {
    const named = [
      { backendRefs: [{ name: "other" }], filters: [setting] },
      { matches: [cookies], backendRefs: refs },
    ];
    expect(obstacle(plans.sticky, behind("Istio", named))).to.match(
      /route shop\/web: rule 1 matches on cookies itself/,
    );
    for (const rule of [
      { filters: [setting], backendRefs: refs },
      { backendRefs: [{ name: "web", filters: [setting] }] },
    ]) {
      expect(obstacle(plans.sticky, behind("Istio", [rule]))).to.match(
        /rule 0 has a filter for Set-Cookie itself/,
      );
      expect(obstacle(plans.header, behind("Istio", [rule]))).to.equal(undefined);
    }
    const elsewhere = [
      { backendRefs: [{ name: "web", namespace: "other" }], filters: [setting] },
      { backendRefs: refs },
    ];
    expect(obstacle(plans.sticky, behind("Istio", elsewhere)), "a Service of another namespace").to.equal(
      undefined,
    );
    expect(
      obstacle(
        plans.sticky,
        behind("Istio", [{ matches: [cookies], backendRefs: [{ name: "other" }] }, { backendRefs: refs }]),
      ),
      "a rule above",
    ).to.match(/cookies itself|keep its users apart/);
  });

  it("are only doubted for testers", () => {
    const rules = [
      {
        matches: [{ headers: [{ type: "RegularExpression" as const, name: "x-a", value: ".*" }] }],
        backendRefs: refs,
      },
    ];
    expect(obstacle(plans.header, behind("Istio", rules))).to.equal(undefined);
    expect(doubts(plans.header, behind("Istio", rules))).to.match(
      /serin\.dev\/match: requests with header x-a=1 get the stable version at rule 0 of route shop\/web, which has conditions of its own/,
    );
    expect(doubts({ ...plans.header, rollout: "ab-test" }, behind("Istio", rules))).to.match(/rule 0/);
  });

  it("matter to no client of gRPC, who keeps no cookies; that is said", () => {
    const grpc = behind("Kong", [{ matches: [cookies], backendRefs: refs }], { kind: "GRPCRoute" });
    expect(obstacle(plans.sticky, grpc)).to.equal(undefined);
    expect(doubts(plans.sticky, grpc)).to.match(
      /gRPC clients keep no cookies: route shop\/web draws every call again/,
    );
    const plain = behind("Istio", [{ backendRefs: refs }], { kind: "GRPCRoute" });
    expect(doubts(plans.query, plain)).to.match(
      /serin\.dev\/match: requests with query a=1 get the stable version/,
    );
  });

  it("are found beside what is in flight on the route already", () => {
    const rules = [{ backendRefs: [...refs, { name: "api", port: 80 }] }];
    const api = {
      namespace: "shop",
      canaryServices: { api: "api-canary" },
      weight: 10,
      sticky: STICKY,
      since: AT_NOON,
    };
    const route = applied(behind("Istio", rules), { api });
    expect(obstacle(plans.sticky, route)).to.equal(undefined);
    expect(doubts(plans.header, route)).to.equal("");
    const shares = withShare({ api }, "web", { ...api, canaryServices: { web: "web-canary" } });
    expect([blockerOf(route, shares, "web"), blockerOf(route, shares, "nobody")]).to.deep.equal([
      undefined,
      undefined,
    ]);
  });
});
