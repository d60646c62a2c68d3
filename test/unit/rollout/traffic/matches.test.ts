import { expect } from "chai";
import type { FieldMatch, RouteKind, RuleMatch } from "../../../../kube/core/routes.ts";
import { both, type Match, outranks } from "../../../../rollout/traffic/matches.ts";

const is = (name: string, value = "1"): FieldMatch => ({ name, value });
const like = (name: string, value = "^1$"): FieldMatch => ({ type: "RegularExpression", name, value });
const a = { path: { type: "PathPrefix", value: "/a" } };

describe("two conditions at once", () => {
  const joined: [what: string, RuleMatch, Match, RuleMatch | "never" | "unknown", RouteKind?][] = [
    ["of nothing", {}, { headers: [is("x")] }, { headers: [is("x")] }],
    ["on the rule's path", a, { headers: [is("x")] }, { ...a, headers: [is("x")] }],
    [
      "with unknown fields",
      { ...a, future: 1 },
      { queryParams: [is("q")] },
      { ...a, future: 1, queryParams: [is("q")] },
    ],
    ["on other headers", { headers: [is("y")] }, { headers: [is("x")] }, { headers: [is("y"), is("x")] }],
    [
      "on one header, the same",
      { headers: [is("X")] },
      { headers: [{ type: "Exact", ...is("x") }] },
      { headers: [is("X")] },
    ],
    ["on one header, another value", { headers: [is("X")] }, { headers: [is("x", "2")] }, "never"],
    ["on one header, one an expression", { headers: [is("x")] }, { headers: [like("x")] }, "unknown"],
    [
      "on one header, the same expression",
      { headers: [like("x")] },
      { headers: [like("x")] },
      { headers: [like("x")] },
    ],
    [
      "on one header, another expression",
      { headers: [like("x")] },
      { headers: [like("x", "^2$")] },
      "unknown",
    ],
    [
      "on query parameters, which know upper case",
      { queryParams: [is("Q")] },
      { queryParams: [is("q", "2")] },
      { queryParams: [is("Q"), is("q", "2")] },
    ],
    ["on one query parameter", { queryParams: [is("q")] }, { queryParams: [is("q", "2")] }, "never"],
    [
      "never by one, whatever is unknown of another",
      { headers: [like("x"), is("y")] },
      { headers: [is("x"), is("y", "2")] },
      "never",
    ],
    ["on a query parameter of gRPC", {}, { queryParams: [is("q")] }, "unknown", "GRPCRoute"],
    [
      "on a method of gRPC",
      { method: { service: "s" } },
      { headers: [is("x")] },
      { method: { service: "s" }, headers: [is("x")] },
      "GRPCRoute",
    ],
  ];
  for (const [what, rule, match, expected, kind = "HTTPRoute"] of joined) {
    it(what, () => expect(both(rule, match, kind)).to.deep.equal(expected));
  }

  const ranks: [what: string, RuleMatch, RuleMatch, whenEarlier: boolean, whenLater: boolean][] = [
    ["more headers", { headers: [is("x")] }, {}, true, true],
    ["fewer headers", {}, { headers: [is("x")] }, false, false],
    ["more headers, fewer query parameters", { headers: [is("x")] }, { queryParams: [is("q")] }, true, true],
    ["more query parameters", { queryParams: [is("q")] }, {}, true, true],
    ["as many", { headers: [is("x")] }, { headers: [is("y")] }, true, false],
    ["others of the same header", { headers: [is("x"), is("y")] }, { headers: [is("x", "2")] }, false, false],
    ["another path", { ...a, headers: [is("x")] }, {}, false, false],
    ["the same path, written otherwise", { path: { value: "/a/" }, headers: [is("x")] }, a, true, true],
    ["no path, which is /", { path: { value: "/" }, headers: [is("x")] }, {}, true, true],
    ["another method", { method: "GET", headers: [is("x")] }, {}, false, false],
    [
      "the same method of gRPC",
      { method: { service: "s" }, headers: [is("x")] },
      { method: { service: "s" } },
      true,
      true,
    ],
  ];
  for (const [what, first, second, whenEarlier, whenLater] of ranks) {
    it(`ranks ${what}`, () => {
      expect([outranks(first, second, true), outranks(first, second, false)]).to.deep.equal([
        whenEarlier,
        whenLater,
      ]);
    });
  }
});
