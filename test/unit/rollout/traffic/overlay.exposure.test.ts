import { expect } from "chai";
import type { BackendRef, RouteRule } from "../../../../kube/core/routes.ts";
import { overlay, written } from "../../../../rollout/traffic/overlay.ts";
import type { Home, RouteShare } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON } from "../../../support/builders.ts";

const SHOP: Home = { namespace: "shop", kind: "HTTPRoute" };
const share = (weight: number): RouteShare => ({
  namespace: "shop",
  canaryServices: { web: "web-canary" },
  weight: weight,
  since: AT_NOON,
});

describe("overlay with testers, cookies and copies", () => {
  const testers = [{ headers: [{ type: "Exact" as const, name: "x-t", value: "1" }] }];
  const sticky = { cookie: "serin-web", id: "r7", seconds: 60 };
  const setting = (version: string) => ({
    type: "ResponseHeaderModifier",
    responseHeaderModifier: {
      add: [
        { name: "Set-Cookie", value: `serin-web=r7-${version}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax` },
      ],
    },
  });
  const cookie = (version: string) => ({
    type: "RegularExpression",
    name: "Cookie",
    value: String.raw`^(.*;\s*)?serin-web=r7-${version}(;.*)?$`,
  });

  it("adds rules for users who have no choice, and marks what everybody gets", () => {
    const rule = {
      name: "r",
      matches: [{ path: { value: "/a" } }],
      timeouts: { request: "1s" },
      backendRefs: [{ name: "web", port: 80 }],
    };
    const { name: _name, ...rest } = rule;
    const to = (stable: number | undefined, canary: number) => [
      {
        name: "web",
        port: 80,
        ...(stable !== undefined && { weight: stable }),
        filters: [setting("stable")],
      },
      { name: "web-canary", port: 80, weight: canary, filters: [setting("canary")] },
    ];
    const shares = { uid: { ...share(10), match: testers, sticky } };
    expect(overlay([rule], shares, SHOP)).to.deep.equal([
      { ...rule, backendRefs: to(9, 1) },
      {
        ...rest,
        matches: [
          { path: { value: "/a" }, headers: testers[0]?.headers },
          { path: { value: "/a" }, headers: [...(testers[0]?.headers ?? []), cookie("stable")] },
        ],
        backendRefs: to(0, 1),
      },
      { ...rest, matches: [{ path: { value: "/a" }, headers: [cookie("canary")] }], backendRefs: to(0, 1) },
      {
        ...rest,
        matches: [{ path: { value: "/a" }, headers: [cookie("stable")] }],
        backendRefs: to(undefined, 0),
      },
    ]);
  });

  it("gives company to a rule that outranks the user's, and to one that outranks only that", () => {
    const header = (...names: string[]) => [
      { headers: names.map((name) => ({ name, value: name.slice(0, 1) })) },
    ];
    const to = (name: string) => [{ name, port: 80 }];
    // The second never takes a request of the last, but of the first, whose company would take it from the second.
    const rules = [
      { matches: header("a-1", "b-1"), backendRefs: to("other") },
      {
        matches: [
          {
            headers: [
              { name: "x-u", value: "2" },
              { name: "c-1", value: "c" },
              { name: "d-1", value: "d" },
            ],
          },
        ],
        backendRefs: to("more"),
      },
      { matches: [{ headers: [{ name: "x-u", value: "1" }] }], backendRefs: to("web") },
    ];
    const added = overlay(rules, { uid: { ...share(0), match: testers } }, SHOP).filter(
      (rule) => !rules.some((own) => own.matches === rule.matches),
    );
    expect(added.map(({ backendRefs }) => backendRefs?.[0]?.name)).to.deep.equal(["other", "more", "web"]);
  });

  it("keeps the user's rules at their places, because gateways name what they count by the place", () => {
    const to = [{ name: "web", port: 80 }];
    const at = (path: object) => ({ matches: [{ path }], backendRefs: to });
    const header = { matches: [{ headers: testers[0]?.headers ?? [] }], backendRefs: to };
    const placesOf = (rules: RouteRule[]) => {
      const { record } = written(rules, { uid: { ...share(0), match: testers } }, SHOP, undefined);
      return record.added;
    };
    const [a, b] = [at({ type: "PathPrefix", value: "/a" }), at({ type: "Exact", value: "/b" })];
    expect(placesOf([a, b])).to.deep.equal([2, 3]);
    // A rule with the testers' condition is as specific as its copy, so the order decides.
    expect(placesOf([a, header, b])).to.deep.equal([1, 4, 5]);
    const both = { matches: [...b.matches, ...header.matches], backendRefs: to };
    expect(placesOf([a, both])).to.deep.equal([1, 3, 4]);
    // The Gateway API leaves the precedence of expressions to the gateway, so the order may decide.
    expect(placesOf([a, at({ type: "RegularExpression", value: "/b.*" })])).to.deep.equal([0, 2]);
  });

  it("copies to the canary Service the part of a rule's requests that its Service gets, next to the user's own copies", () => {
    const own = { type: "RequestMirror", requestMirror: { backendRef: { name: "audit", port: 80 } } };
    const mirrors = (mirror: number, backends: BackendRef[]) => {
      const rules = [{ filters: [own], backendRefs: backends }];
      const [rule] = overlay(rules, { uid: { ...share(0), mirror } }, SHOP);
      return rule?.filters?.map((it) => it.requestMirror);
    };
    const copy = (port: number) => ({ backendRef: { name: "web-canary", port } });
    expect(mirrors(100, [{ name: "web", port: 80 }])).to.deep.equal([own.requestMirror, copy(80)]);
    expect(mirrors(20, [{ name: "web", port: 80 }])).to.deep.equal([
      own.requestMirror,
      { ...copy(80), percent: 20 },
    ]);
    expect(
      mirrors(100, [
        { name: "web", port: 80 },
        { name: "web", port: 81, weight: 3 },
        { name: "other", weight: 4 },
      ]),
    ).to.deep.equal([own.requestMirror, { ...copy(80), percent: 13 }, { ...copy(81), percent: 38 }]);
    expect(mirrors(100, [{ name: "web", weight: 0 }, { name: "other" }])).to.deep.equal([own.requestMirror]);
  });

  it("keeps no cookies for clients of gRPC, and knows their testers by headers only", () => {
    const grpc: Home = { namespace: "shop", kind: "GRPCRoute" };
    const rule = { matches: [{ method: { service: "s" } }], backendRefs: [{ name: "web" }] };
    const query = [...testers, { queryParams: [{ name: "t", value: "1" }] }];
    const rules = overlay([rule], { uid: { ...share(10), match: query, sticky } }, grpc);
    expect(rules.map(({ matches }) => matches)).to.deep.equal([
      rule.matches,
      [{ method: { service: "s" }, headers: testers[0]?.headers }],
    ]);
    expect(JSON.stringify(rules)).not.to.contain("Set-Cookie");
  });
});
