import { expect } from "chai";
import { readIntent, reimpose } from "../../rollout/intent.ts";
import { HELD } from "../../rollout/keys.ts";
import type { BackendRef, Route } from "../../rollout/objects.ts";
import {
  type Flight,
  flightOf,
  type HeldRoute,
  heldRouteOf,
  overfullRule,
  overlay,
  routePatch,
  rulesOf,
  servicesNamed,
} from "../../rollout/overlay.ts";
import { AT_NOON, aRoute } from "../support/builders.ts";
import { applied } from "../support/routes.ts";

const flight = (weight: number, service = "web"): Flight => ({
  namespace: "shop",
  twins: { [service]: `${service}-canary` },
  weight,
  since: AT_NOON,
});
const at = (weight: number) => ({ uid: flight(weight) });
const refs = (backends: BackendRef[], flights: HeldRoute["flights"]) =>
  overlay([{ backendRefs: backends }], flights, "shop")[0]?.backendRefs;
const inFlight = (weight: number, backends: BackendRef[]) => applied(aRoute({ backends }), at(weight));

describe("overlay", () => {
  const shares: [string, number, BackendRef[], BackendRef[]][] = [
    [
      "attaches at weight 0 without touching the ref",
      0,
      [{ name: "web" }],
      [{ name: "web" }, { name: "web-canary", weight: 0 }],
    ],
    [
      "splits in smallest numbers",
      10,
      [{ name: "web" }],
      [
        { name: "web", weight: 9 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "keeps fractions of percents exact",
      0.01,
      [{ name: "web" }],
      [
        { name: "web", weight: 9999 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "gives all at 100 %",
      100,
      [{ name: "web", weight: 7 }],
      [
        { name: "web", weight: 0 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "leaves the share of another Service",
      50,
      [{ name: "web" }, { name: "other", weight: 3 }],
      [
        { name: "web", weight: 1 },
        { name: "other", weight: 6 },
        { name: "web-canary", weight: 1 },
      ],
    ],
    [
      "gives nothing of nothing",
      50,
      [
        { name: "web", weight: 0 },
        { name: "other", weight: 2 },
      ],
      [
        { name: "web", weight: 0 },
        { name: "other", weight: 1 },
        { name: "web-canary", weight: 0 },
      ],
    ],
    [
      "splits one Service at two ports twice",
      50,
      [
        { name: "web", port: 80 },
        { name: "web", port: 81 },
      ],
      [
        { name: "web", port: 80, weight: 1 },
        { name: "web", port: 81, weight: 1 },
        { name: "web-canary", port: 80, weight: 1 },
        { name: "web-canary", port: 81, weight: 1 },
      ],
    ],
    [
      "copies the ref's own filters and unknown fields to the twin",
      50,
      [{ name: "web", filters: [{ type: "X" }], future: 1 }],
      [
        { name: "web", filters: [{ type: "X" }], future: 1, weight: 1 },
        { name: "web-canary", filters: [{ type: "X" }], future: 1, weight: 1 },
      ],
    ],
  ];
  for (const [does, weight, backends, expected] of shares) {
    it(does, () => expect(refs(backends, at(weight))).to.deep.equal(expected));
  }

  const foreign: [string, BackendRef][] = [
    ["of another kind", { kind: "Bucket", name: "web" }],
    ["of another group", { group: "example.com", kind: "Service", name: "web" }],
    ["of another namespace", { name: "web", namespace: "elsewhere" }],
    ["of another name", { name: "other" }],
    ["named as what every object has", { name: "constructor" }],
  ];
  for (const [what, ref] of foreign) {
    it(`leaves alone a rule whose backend is ${what}`, () => {
      const rules = [{ backendRefs: [ref] }];
      expect(overlay(rules, at(50), "shop")[0]).to.equal(rules[0]);
    });
  }

  it("follows a ref from another namespace", () => {
    const [rule] = overlay([{ backendRefs: [{ name: "web", namespace: "shop" }] }], at(50), "edge");
    expect(rule?.backendRefs?.map(({ name, namespace }) => [name, namespace])).to.deep.equal([
      ["web", "shop"],
      ["web-canary", "shop"],
    ]);
  });

  it("changes no rule that only redirects, and keeps every other field of those it changes", () => {
    const redirect = { filters: [{ type: "RequestRedirect" }] };
    const named = {
      name: "r",
      matches: [{ path: { value: "/" } }],
      timeouts: { request: "1s" },
      future: [1],
    };
    const rules = overlay([redirect, { ...named, backendRefs: [{ name: "web" }] }], at(10), "shop");
    expect(rules[0]).to.equal(redirect);
    expect(rules[1]).to.deep.include(named);
  });

  it("appends the twins of several rollouts in the order in which they came", () => {
    const flights = { late: flight(0, "b"), early: flight(50, "a") };
    expect(
      refs([{ name: "a" }, { name: "b" }], flights)?.map(({ name, weight }) => [name, weight]),
    ).to.deep.equal([
      ["a", 1],
      ["b", 2],
      ["b-canary", 0],
      ["a-canary", 1],
    ]);
  });

  it("knows the rule that would get too many backends", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ name: i === 0 ? "web" : `other-${i}` }));
    expect(overfullRule(aRoute({ backends: many(15) }), at(0))).to.equal(undefined);
    expect(overfullRule(aRoute({ rules: [{}, { backendRefs: many(16) }] }), at(0))).to.equal(1);
  });

  it("finds the Services that the user's rules name, not the twins", () => {
    const route = inFlight(10, [
      { name: "web" },
      { name: "x", namespace: "edge" },
      { name: "b", kind: "Bucket" },
    ]);
    expect([...servicesNamed(route, "shop")]).to.deep.equal(["web"]);
    expect([...servicesNamed(route, "edge")]).to.deep.equal(["x"]);
  });

  it("marks a route while something is in flight on it, and only then", () => {
    const route = inFlight(10, [{ name: "web" }]);
    expect(route.metadata.labels).to.deep.equal({ "serin.dev/flight": "uid" });
    expect(flightOf(route, "uid")).to.deep.equal(flight(10));
    const patch = routePatch(route, {});
    expect(patch.metadata.labels).to.deep.equal({ "serin.dev/flight": null });
    expect(patch.metadata.annotations).to.deep.equal({ [HELD]: null });
    expect(patch.metadata.resourceVersion).to.equal(route.metadata.resourceVersion);
    expect(patch.spec.rules).to.deep.equal([{ backendRefs: [{ name: "web" }] }]);
  });
});

describe("a route written by others in flight", () => {
  const backends = [
    { name: "web", port: 80 },
    { name: "other", weight: 3 },
  ];
  const old = inFlight(20, backends);
  const edited = (rules: Route["spec"]["rules"], from: Route = old): Route => ({
    ...from,
    spec: { ...from.spec, rules: rules ?? [] },
  });
  const seenRule = old.spec.rules?.[0] ?? {};
  const plain = (rules: Route["spec"]["rules"]) => aRoute({ rules: rules ?? [] });

  const stories: [string, Route, Route["spec"]["rules"]][] = [
    ["the same manifest again", plain([{ backendRefs: backends }]), [{ backendRefs: backends }]],
    [
      "only a label",
      { ...old, metadata: { ...old.metadata, labels: { team: "a" } } },
      [{ backendRefs: backends }],
    ],
    [
      "a manifest with other weights",
      plain([{ backendRefs: [{ name: "web", weight: 4 }] }]),
      [{ backendRefs: [{ name: "web", weight: 4 }] }],
    ],
    [
      "an edit that adds a match",
      edited([{ ...seenRule, matches: [{ path: { value: "/a" } }] }]),
      [{ matches: [{ path: { value: "/a" } }], backendRefs: backends }],
    ],
    [
      "an edit that adds a rule before",
      edited([{ backendRefs: [{ name: "new" }] }, seenRule]),
      [{ backendRefs: [{ name: "new" }] }, { backendRefs: backends }],
    ],
    [
      "an edit that removes the rule",
      edited([{ backendRefs: [{ name: "new" }] }]),
      [{ backendRefs: [{ name: "new" }] }],
    ],
    [
      "an edit of the weights that were seen",
      edited([
        {
          backendRefs: [
            { name: "web", port: 80, weight: 4 },
            { name: "other", weight: 5 },
            { name: "web-canary", port: 80, weight: 1 },
          ],
        },
      ]),
      [
        {
          backendRefs: [
            { name: "web", port: 80, weight: 5 },
            { name: "other", weight: 5 },
          ],
        },
      ],
    ],
  ];
  for (const [what, requested, intent] of stories) {
    it(`${what}: the owner's rules are read, kept, and get the share again`, () => {
      expect(readIntent(requested, old)).to.deep.equal(intent);
      const stored = reimpose(requested, old);
      expect(rulesOf(stored)).to.deep.equal(intent);
      expect(stored.spec.rules).to.deep.equal(overlay(intent ?? [], at(20), "shop"));
      expect(heldRouteOf(stored)?.flights).to.deep.equal(at(20));
      expect(stored.metadata.labels).to.include({ "serin.dev/flight": "uid" });
      expect(reimpose(stored, old), "called again for the same request").to.deep.equal(stored);
    });
  }

  it("tells apart two rules whose overlays look the same", () => {
    const twice = applied(
      aRoute({
        rules: [{ backendRefs: [{ name: "web", weight: 2 }] }, { backendRefs: [{ name: "web", weight: 3 }] }],
      }),
      at(10),
    );
    expect(rulesOf(reimpose(twice, twice))).to.deep.equal(rulesOf(twice));
    const named = applied(
      aRoute({
        rules: [
          { name: "a", backendRefs: [{ name: "web", weight: 2 }] },
          { name: "b", backendRefs: [{ name: "web" }] },
        ],
      }),
      at(10),
    );
    const turned = edited([...(named.spec.rules ?? [])].reverse(), named);
    expect(readIntent(turned, named)).to.deep.equal([...rulesOf(named)].reverse());
  });

  it("gives a twin's weight back once where the rule names its Service twice", () => {
    const route = applied(
      aRoute({
        backends: [
          { name: "web", port: 80, weight: 1 },
          { name: "web", port: 80, weight: 3 },
        ],
      }),
      at(50),
    );
    const requested = edited(
      [{ backendRefs: [...(route.spec.rules?.[0]?.backendRefs ?? []), { name: "other", weight: 2 }] }],
      route,
    );
    expect(readIntent(requested, route)[0]?.backendRefs?.map(({ weight }) => weight)).to.deep.equal([
      2, 6, 2,
    ]);
  });

  it("takes a dump of an earlier step for the rules that its owner wrote", () => {
    expect(readIntent(inFlight(5, backends), old)).to.deep.equal([{ backendRefs: backends }]);
  });

  it("does not let anybody forge the flights", () => {
    const forged = {
      ...old,
      metadata: { ...old.metadata, annotations: { [HELD]: "{", "serin.dev/x": "1" } },
    };
    expect(heldRouteOf(reimpose(forged, old))).to.deep.equal(heldRouteOf(old));
    const record = JSON.stringify({ rules: {}, flights: at(99) });
    expect(
      flightOf(
        reimpose({ ...old, metadata: { ...old.metadata, annotations: { [HELD]: record } } }, old),
        "uid",
      )?.weight,
    ).to.equal(20);
  });

  it("stays out of routes that nothing is in flight on", () => {
    const requested = aRoute({ backends: [{ name: "web", weight: 2 }] });
    expect(reimpose(requested, aRoute())).to.equal(requested);
  });
});
