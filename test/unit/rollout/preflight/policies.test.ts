import { expect } from "chai";
import type { RouteRule } from "../../../../kube/core/routes.ts";
import { type Policy, policyBlocker, policyCaveats } from "../../../../rollout/preflight/policies.ts";
import { policyKinds } from "../../../../rollout/preflight/policy-kinds.ts";
import { aPlan, aRoute, aService } from "../../../support/builders.ts";

const policy = (kind: string, name: string, spec: object, namespace = "shop"): Policy => {
  const known = policyKinds.find((one) => one.kind === kind) ?? expect.fail(`${kind} is not known`);
  return { kind, namespace, name, targets: known.targets(name, namespace, spec) };
};
const to = (name: string, more: object = {}) => ({ group: "", kind: "Service", name, ...more });
const toRule = (sectionName: string, name = "web") => ({
  targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name, sectionName }],
});
const backendRefs = [{ name: "web", port: 80 }];
const plan = (given: Record<string, string> = {}) =>
  aPlan(Object.fromEntries(Object.entries(given).map(([key, value]) => [`serin.dev/${key}`, value])));
const route = (rules: RouteRule[] = [{ backendRefs }]) => aRoute({ rules });
const blocker = (...found: Policy[]) => policyBlocker(plan(), [aService()], [route()], { found, unread: [] });
const ruled = (rules: RouteRule[], given: Record<string, string>, found: Policy[], unread: string[] = []) =>
  policyBlocker(plan(given), [aService()], [route(rules)], { found, unread });

describe("policies that name a Service", () => {
  const forService: Record<string, Policy> = {
    "by targetRefs": policy("BackendTLSPolicy", "tls", { targetRefs: [to("other"), to("web")] }),
    "by targetRefs of a port": policy("BackendTLSPolicy", "tls", {
      targetRefs: [to("web", { sectionName: "https" })],
    }),
    "by targetRef": policy("HealthCheckPolicy", "health", { targetRef: to("web") }),
    "by targetReference": policy("TargetGroupConfiguration", "group", { targetReference: { name: "web" } }),
    "by sectionNames": policy("RoutePolicy", "route", { targetRef: to("web", { sectionNames: ["a"] }) }),
    "by a short host": policy("DestinationRule", "rule", { host: "web" }),
    "by a whole host": policy("DestinationRule", "rule", { host: "web.shop.svc.cluster.local" }),
    "by its own name": policy("ServiceDefaults", "web", {}),
    "by a host in its name": policy("ServiceProfile", "web.shop.svc.cluster.local", {}),
    "by a list of Services": policy("CiliumEnvoyConfig", "envoy", {
      services: [{ name: "web", namespace: "shop" }],
    }),
  };
  for (const [how, one] of Object.entries(forService)) {
    it(`refuse a rollout that they would pass by: ${how}`, () => {
      expect(blocker(one)).to.equal(
        `Service web: ${one.kind} ${one.name} applies to it, and not to its canary Service web-canary, so the canary would be treated otherwise: let ${one.name}, or another ${one.kind} with the same settings, name web-canary as well`,
      );
    });
  }

  it("refuse a rollout if they are in the Gateway's namespace and name the Service's", () => {
    const rule = (name: string, of: string) => policy("DestinationRule", `rule-${of}`, { host: name }, of);
    const [web, canary] = ["web", "web-canary"].map((name) => `${name}.shop.svc.cluster.local`);
    expect(blocker(rule(web ?? "", "gateways"))).to.match(
      /^Service web: DestinationRule rule-gateways of namespace gateways applies to it, and not to its canary Service/,
    );
    expect(blocker(rule(web ?? "", "gateways"), rule(canary ?? "", "gateways"))).to.equal(undefined);
    // The Gateway's proxies prefer one of their own namespace, so another one covers nothing.
    expect(blocker(rule(web ?? "", "gateways"), rule(canary ?? "", "shop"))).to.contain("rule-gateways");
  });

  const covered: Record<string, Policy[]> = {
    "name the canary Service as well": [
      policy("BackendTLSPolicy", "tls", { targetRefs: [to("web"), to("web-canary")] }),
    ],
    "have another one for the canary Service": [
      policy("DestinationRule", "rule", { host: "web" }),
      policy("DestinationRule", "canary", { host: "web-canary.shop.svc.cluster.local" }),
    ],
    "name all ports of the canary Service": [
      policy("BackendTLSPolicy", "tls", {
        targetRefs: [to("web", { sectionName: "https" }), to("web-canary")],
      }),
    ],
    "name another Service": [policy("BackendTLSPolicy", "tls", { targetRefs: [to("web-2")] })],
    "are for every host": [policy("DestinationRule", "rule", { host: "*.shop.svc.cluster.local" })],
    "are about another namespace": [
      policy("DestinationRule", "rule", { host: "web.other.svc.cluster.local" }),
      policy("DestinationRule", "rule", { host: "web" }, "other"),
      policy("BackendTLSPolicy", "tls", { targetRefs: [to("web", { namespace: "other" })] }),
    ],
    "have no valid target": [
      policy("BackendTLSPolicy", "tls", { targetRefs: "web" }),
      policy("DestinationRule", "rule", { host: 1 }),
      policy("CiliumEnvoyConfig", "envoy", {}),
    ],
  };
  for (const [what, found] of Object.entries(covered)) {
    it(`allow a rollout if they ${what}`, () => expect(blocker(...found)).to.equal(undefined));
  }

  it("refuse a rollout if they name other ports of the canary Service, or are of another kind", () => {
    const half = [to("web", { sectionName: "https" }), to("web-canary", { sectionName: "http" })];
    expect(blocker(policy("BackendTLSPolicy", "tls", { targetRefs: half }))).to.contain(
      "BackendTLSPolicy tls",
    );
    const kinds = [
      policy("HealthCheckPolicy", "health", { targetRef: to("web") }),
      policy("GCPBackendPolicy", "backend", { targetRef: to("web-canary") }),
    ];
    expect(blocker(...kinds)).to.contain("HealthCheckPolicy health");
  });

  it("concern only Services that a route names", () => {
    const found = [policy("HealthCheckPolicy", "health", { targetRef: to("web") })];
    const away = aRoute({ rules: [{ backendRefs: [{ name: "other", port: 80 }] }] });
    expect(policyBlocker(plan(), [aService()], [away], { found, unread: [] })).to.equal(undefined);
  });
});

describe("policies that select by labels", () => {
  const labels = { app: "web", "app.kubernetes.io/instance": "shop" };
  const asked = (matchLabels: object) => {
    const service = aService();
    const labelled = { ...service, metadata: { ...service.metadata, labels } };
    const found = [
      policy("BackendConfigPolicy", "backend", { targetSelectors: [{ kind: "Service", matchLabels }] }),
    ];
    return policyBlocker(plan(), [labelled], [route()], { found, unread: [] });
  };

  it("allow a rollout if the canary Service has these labels, or the Service has not", () => {
    expect(asked({ app: "web" })).to.equal(undefined);
    expect(asked({ app: "api" })).to.equal(undefined);
  });

  it("refuse a rollout by a label that stays with the Service", () => {
    expect(asked({ "app.kubernetes.io/instance": "shop" })).to.contain(
      "BackendConfigPolicy backend applies to it, and not to its canary Service web-canary",
    );
  });

  it("refuse rules without a name beside the one that they name", () => {
    const selector = (team: string) =>
      policy("TrafficPolicy", "login", {
        targetSelectors: [{ kind: "HTTPRoute", matchLabels: { team }, sectionName: "admin" }],
      });
    const named = aRoute({ rules: [{ name: "admin", backendRefs }] });
    const mine = { ...named, metadata: { ...named.metadata, labels: { team: "a" } } };
    const refusal = (team: string) =>
      policyBlocker(plan({ match: "header x-tester=yes" }), [aService()], [mine], {
        found: [selector(team)],
        unread: [],
      });
    expect(refusal("a")).to.contain('TrafficPolicy login names rule "admin" of HTTPRoute shop/web');
    expect(refusal("b")).to.equal(undefined);
  });
});

describe("policies that name a rule", () => {
  const rules = [
    { name: "admin", matches: [{ path: { value: "/admin" } }], backendRefs },
    { name: "rest", backendRefs },
  ];
  const auth = policy("SecurityPolicy", "login", toRule("admin"));
  for (const [key, value] of [
    ["match", "header x-tester=yes"],
    ["sticky", "1h"],
  ] as const) {
    it(`refuse serin.dev/${key}, whose rules have no name`, () => {
      expect(ruled(rules, { [key]: value }, [auth])).to.equal(
        `serin.dev/${key}: SecurityPolicy login names rule "admin" of HTTPRoute shop/web: the rules that Serin adds have no name, so it would not apply to them: let the policy name the whole route`,
      );
    });
  }

  it("allow plans without added rules, and added rules for other rules", () => {
    expect(ruled(rules, { steps: "10, 50" }, [auth])).to.equal(undefined);
    const match = { match: "header x-tester=yes" };
    expect(ruled(rules, match, [policy("SecurityPolicy", "login", toRule("other"))])).to.equal(undefined);
    expect(ruled(rules, match, [policy("SecurityPolicy", "login", toRule("admin", "api"))])).to.equal(
      undefined,
    );
    const elsewhere = [
      { name: "admin", backendRefs: [{ name: "other" }], matches: [{ path: { value: "/a" } }] },
    ];
    expect(ruled([...elsewhere, { backendRefs }], match, [auth])).to.equal(undefined);
  });

  it("refuse added rules for a rule of another Service that must keep its precedence", () => {
    const above = {
      name: "admin",
      backendRefs: [{ name: "other" }],
      matches: [{ headers: [{ name: "a", value: "1" }] }],
    };
    expect(ruled([above, { backendRefs }], { match: "header x-tester=yes" }, [auth])).to.contain(
      "SecurityPolicy login",
    );
  });

  it("refuse added rules for a rule that Kuadrant calls by its place, and rules that would move it", () => {
    const match = { match: "header x-tester=yes" };
    const tester = { matches: [{ headers: [{ name: "x-tester", value: "yes" }] }], backendRefs };
    const other = { matches: [{ path: { value: "/other" } }], backendRefs: [{ name: "other" }] };
    const call = (place: string) => [policy("AuthPolicy", "login", toRule(place))];
    expect(ruled([other, { backendRefs }], match, call("rule-2"))).to.contain(
      'AuthPolicy login names rule "rule-2"',
    );
    expect(ruled([other, { backendRefs }], match, call("rule-1"))).to.equal(undefined);
    // The copy of a rule with the testers' condition stands before it, and moves the rules behind it.
    expect(ruled([tester, other], match, call("rule-2"))).to.contain('names rule "rule-2"');
    expect(ruled([other, tester], match, call("rule-1"))).to.equal(undefined);
  });

  it("are in doubt if Serin cannot list a kind: refused, because the policy may authenticate users", () => {
    const unread = ["Serin cannot list authpolicies.kuadrant.io: forbidden"];
    expect(ruled(rules, { match: "header x-tester=yes" }, [], unread)).to.contain(
      'a policy may name rule "admin" of HTTPRoute shop/web, and the rules that Serin adds have no name, so it would not apply to them; Serin cannot list authpolicies.kuadrant.io: forbidden: grant Serin this right, or remove the rule\'s name',
    );
    expect(ruled(rules, {}, [], unread)).to.equal(undefined);
  });

  it("may be of kinds that Serin does not know: a warning", () => {
    const caveats = (given: Record<string, string>, unread: string[] = []) =>
      policyCaveats(plan(given), [aService()], [route(rules)], { found: [], unread });
    expect(caveats({})).to.deep.equal([]);
    expect(caveats({}, ["Serin cannot list x.y: forbidden"])).to.deep.equal([
      "policies that name a Service may not apply to its canary Service: Serin cannot list x.y: forbidden",
    ]);
    expect(caveats({ sticky: "1h" })).to.deep.equal([
      'serin.dev/sticky: rule "admin" of HTTPRoute shop/web has a name, and the rules that Serin adds for it have none, so a policy of a kind that Serin does not know would not apply to them: see docs/gateways.md for the kinds that Serin knows',
    ]);
  });
});
