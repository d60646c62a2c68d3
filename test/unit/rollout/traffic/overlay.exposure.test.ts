import { expect } from "chai";
import type { BackendRef } from "../../../../kube/core/routes.ts";
import { overlay } from "../../../../rollout/traffic/overlay.ts";
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

  it("puts before a rule those of its users who have no choice, and marks what everybody gets", () => {
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
      { ...rule, backendRefs: to(9, 1) },
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
      [{ method: { service: "s" }, headers: testers[0]?.headers }],
      rule.matches,
    ]);
    expect(JSON.stringify(rules)).not.to.contain("Set-Cookie");
  });
});
