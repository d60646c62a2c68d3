import { expect } from "chai";
import type { BackendRef, Route } from "../../../../kube/core/routes.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { overlay, rulesOf } from "../../../../rollout/traffic/overlay.ts";
import { readIntent, reimpose } from "../../../../rollout/traffic/reapply.ts";
import { type Home, routeRecordOf, shareOf } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON, aRoute } from "../../../support/builders.ts";
import { applied } from "../../../support/routes.ts";

const at = (weight: number) => ({
  uid: { namespace: "shop", canaryServices: { web: "web-canary" }, weight, since: AT_NOON },
});
const inFlight = (weight: number, backends: BackendRef[]) => applied(aRoute({ backends }), at(weight));

const SHOP: Home = { namespace: "shop", kind: "HTTPRoute" };

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
    [
      "an edit of nothing but the canary's weight",
      edited([
        {
          backendRefs: seenRule.backendRefs?.map((ref) =>
            ref.name === "web-canary" ? { ...ref, weight: 100 } : ref,
          ) as BackendRef[],
        },
      ]),
      [{ backendRefs: backends }],
    ],
  ];
  for (const [what, requested, intent] of stories) {
    it(`${what}: Serin reads and keeps the user's rules, and they get the share again`, () => {
      expect(readIntent(requested, old)).to.deep.equal(intent);
      const stored = reimpose(requested, old);
      expect(rulesOf(stored)).to.deep.equal(intent);
      expect(stored.spec.rules).to.deep.equal(overlay(intent ?? [], at(20), SHOP));
      expect(routeRecordOf(stored)?.shares).to.deep.equal(at(20));
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

  it("gives a canary Service's weight back once if a rule names its Service twice", () => {
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

  for (const left of [[], ["web-canary"]]) {
    it(`leaves no rule without weight if a user removed the canary Service that had all of it, but not ${left}`, () => {
      const all = {
        uid: { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 0, since: AT_NOON },
      };
      const api = { namespace: "shop", canaryServices: { api: "api-canary" }, weight: 100, since: AT_NOON };
      const users = [{ name: "web", weight: 0 }, { name: "api" }];
      const route = applied(aRoute({ backends: users }), { ...all, api });
      const refs = route.spec.rules?.[0]?.backendRefs ?? [];
      const kept = refs.filter(({ name }) => !name.endsWith("-canary") || left.includes(name));
      expect(readIntent(edited([{ backendRefs: kept }], route), route)).to.deep.equal([
        { backendRefs: users },
      ]);
    });
  }

  it("takes a weight of 0 that a user writes as intended", () => {
    const off = [{ name: "web", port: 80, weight: 0 }];
    const rules = [{ backendRefs: off }];
    expect(readIntent(plain(rules), inFlight(0, off))).to.deep.equal(rules);
    expect(readIntent(plain(rules), old)).to.deep.equal(rules);
  });

  it("reads a dump of an earlier step as the user's rules", () => {
    expect(readIntent(inFlight(5, backends), old)).to.deep.equal([{ backendRefs: backends }]);
  });

  it("does not let anybody forge the flights", () => {
    const forged = {
      ...old,
      metadata: { ...old.metadata, annotations: { [HELD]: "{", "serin.dev/x": "1" } },
    };
    expect(routeRecordOf(reimpose(forged, old))).to.deep.equal(routeRecordOf(old));
    const record = JSON.stringify({ rules: {}, shares: at(99) });
    expect(
      shareOf(
        reimpose({ ...old, metadata: { ...old.metadata, annotations: { [HELD]: record } } }, old),
        "uid",
      )?.weight,
    ).to.equal(20);
  });

  for (const [what, rules] of [
    ["a list of backends with a text", [{ backendRefs: [{ name: "web" }, "web"] }]],
    ["a backend without a name", [{ backendRefs: [{ port: 80 }] }]],
    ["rules that are a map", { backendRefs: [] }],
    ["a rule that is a text", ["web"]],
    ["a filter that is a text", [{ filters: ["web"], backendRefs: backends }]],
    ["a match that is a text", [{ matches: ["web"], backendRefs: backends }]],
  ] as const) {
    it(`leaves ${what} as it is, because the API server refuses it`, () => {
      const requested = { ...old, spec: { ...old.spec, rules } } as unknown as Route;
      expect(reimpose(requested, old)).to.equal(requested);
    });
  }

  it("stays out of routes that nothing is in flight on", () => {
    const requested = aRoute({ backends: [{ name: "web", weight: 2 }] });
    expect(reimpose(requested, aRoute())).to.equal(requested);
  });
});
