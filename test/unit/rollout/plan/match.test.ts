import { expect } from "chai";
import type { FieldMatch } from "../../../../kube/core/routes.ts";
import { describeMatches, parseMatches } from "../../../../rollout/plan/match.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";
import type { Match } from "../../../../rollout/traffic/matches.ts";

const exact = (name: string, value: string): FieldMatch => ({ type: "Exact", name, value });
const expression = (name: string, value: string): FieldMatch => ({ type: "RegularExpression", name, value });
const cookie = (condition: string) => expression("Cookie", String.raw`^(.*;\s*)?${condition}(;.*)?$`);

function matchesOf(text: string): readonly Match[] {
  const parsed = parseMatches(text);
  if ("value" in parsed) return parsed.value;
  throw new Error(problemsOf(text));
}

function problemsOf(text: string): string {
  const parsed = parseMatches(text);
  return "problems" in parsed ? parsed.problems.map((one) => formatProblem(one, "match")).join("; ") : "";
}

describe("match", () => {
  const right: readonly [text: string, matches: readonly Match[]][] = [
    ["header x-canary=insider", [{ headers: [exact("x-canary", "insider")] }]],
    ["  header   X-Canary = a=b ", [{ headers: [exact("X-Canary", "a=b")] }]],
    ["header x-a~b", [{ headers: [expression("x-a", "^(?:b)$")] }]],
    ["header x-a=^b$", [{ headers: [exact("x-a", "^b$")] }]],
    ["header x-a~^b|c$", [{ headers: [expression("x-a", "^(?:^b|c$)$")] }]],
    ["header x-a~^b.+$", [{ headers: [expression("x-a", "^b.+$")] }]],
    ["query beta=1", [{ queryParams: [exact("beta", "1")] }]],
    [
      "header x-a=1 and query b~[12] , query c=3",
      [
        { headers: [exact("x-a", "1")], queryParams: [expression("b", "^(?:[12])$")] },
        { queryParams: [exact("c", "3")] },
      ],
    ],
    ["cookie canary=always", [{ headers: [cookie("canary=always")] }]],
    ["cookie a.b=1+1", [{ headers: [cookie(String.raw`a\.b=1\+1`)] }]],
    ["cookie who~in.*", [{ headers: [cookie("who=(?:in[^;]*)")] }]],
    [String.raw`cookie who~[.]\.x|y`, [{ headers: [cookie(String.raw`who=(?:[.]\.x|y)`)] }]],
    ["header x-a=1 and cookie b=2", [{ headers: [exact("x-a", "1"), cookie("b=2")] }]],
    ["- headers: [{name: x-a, value: '1'}]", [{ headers: [exact("x-a", "1")] }]],
    [
      "[{headers: [{name: x-a, value: b, type: RegularExpression}], queryParams: [{name: q, value: a,type: Exact}], cookies: [{name: c, value: d}]}]",
      [{ headers: [expression("x-a", "^(?:b)$"), cookie("c=d")], queryParams: [exact("q", "a")] }],
    ],
    [
      "- cookies:\n    - name: c\n      type: RegularExpression\n      value: a, b",
      [{ headers: [cookie("c=(?:a, b)")] }],
    ],
  ];
  for (const [text, matches] of right) {
    it(`reads ${JSON.stringify(text)}`, () => expect(matchesOf(text)).to.deep.equal(matches));
  }

  it("spells out every order of several cookies in one expression", () => {
    const [match] = matchesOf("cookie a=1 and cookie b=2");
    expect(match?.headers).to.have.length(1);
    const value = match?.headers?.[0]?.value ?? expect.fail();
    for (const header of ["a=1; b=2", "b=2;a=1", "x=y; b=2; z; a=1; c"])
      expect(header).to.match(new RegExp(value));
    for (const header of ["a=1", "b=2", "a=1; c=b=2", "a=1; a=1"])
      expect(header).not.to.match(new RegExp(value));
  });

  const said: readonly [text: string, told?: string][] = [
    ["header x-a=1 and query b~^[12]$"],
    ["cookie a.b=1+1 and header c=d", "header c=d and cookie a.b=1+1"],
    [String.raw`cookie b.=2 and cookie a.~x.*|y\.`],
    ["header Cookie~a", "header Cookie~^(?:a)$"],
  ];
  for (const [text, told = text] of said) {
    it(`says ${told}`, () => expect(describeMatches(matchesOf(text))).to.equal(told));
  }

  const wrong: readonly [text: string, problem: RegExp][] = [
    ["", /empty item/],
    ["header x-a=1,", /empty item/],
    ["insider", /invalid condition "insider"/],
    ["path x=/a", /invalid condition "path x=\/a"/],
    ["header x-a", /invalid condition/],
    ["header x-a=", /header "x-a" has no value: use header x-a=value/],
    ["header x a=1", /invalid condition/],
    ["header x(a=1", /invalid name of header "x\(a"/],
    [`header ${"x".repeat(257)}=1`, /invalid name/],
    [`query a=${"x".repeat(1025)}`, /1025 characters: use at most 1024/],
    [`query a~${"x".repeat(1020)}`, /condition on a is longer/],
    [`cookie a=${"x".repeat(513)}`, /513 characters: use at most 512/],
    [`cookie a=${".".repeat(512)} and cookie b=${".".repeat(512)}`, /condition on Cookie is longer/],
    ["header x-a~(", /invalid expression "\(" for header "x-a": use a regular expression/],
    ["header x-a~(?=b)c", /remove look-around and flags/],
    ["header x-a~(?i)b", /remove look-around and flags/],
    ["header x-a~(?P<a>b)", /remove look-around and flags/],
    [String.raw`header x-a~(a)\1`, /remove back-references/],
    [String.raw`header x-a~a\u0041`, /gateways do not support/],
    ["header x-a~[[:alpha:]]", /for a bracket in a class/],
    ["header x-a~a{1001}", /repeat at most 1000 times/],
    ["header x-a=1 and header X-A=2", /duplicate header x-a/],
    ["query a=1 and query a=1", /duplicate query a/],
    ["cookie a=1 and cookie a=2", /duplicate cookie a/],
    ["cookie a=1 and cookie b=1 and cookie c=1 and cookie d=1", /4 cookies in one match: use at most 3/],
    ["cookie a=1 and header cookie=b", /header Cookie and a cookie/],
    ["[]", /use a list of 1 to 16 matches/],
    ["- 1", /^match\[0\]: invalid value "1": use a map with headers/],
    ["- {}", /match without conditions: use at least one/],
    ["- path: {value: /a}", /^match\[0\]: unknown field "path": the route itself chooses paths and methods$/],
    ["- method: GET", /field "method": the route itself/],
    ["- header: []", /unknown field "header"; did you mean "headers"\?/],
    ["- headers: {name: a}", /^match\[0\]\.headers: invalid value/],
    ["- headers: [{name: a}]", /^match\[0\]\.headers\[0\]\.value: missing: use a text in quotes$/],
    ["- headers: [{name: a, value: 1}]", /\.value: invalid value "1": use a text in quotes/],
    [
      "- headers: [{name: a, value: b, type: Prefix}]",
      /\.type: invalid value "Prefix": use Exact or RegularExpression/,
    ],
    ["- headers: [{name: a, value: b, ignoreCase: true}]", /headers\[0\]: unknown field "ignoreCase"/],
    ["- [", /invalid YAML/],
    [`[${Array.from({ length: 17 }, () => "{headers: [{name: a, value: b}]}").join()}]`, /1 to 16/],
  ];
  for (const [text, problem] of wrong) {
    it(`complains about ${JSON.stringify(text.slice(0, 60))}`, () =>
      expect(problemsOf(text)).to.match(problem));
  }

  it("complains about everything in YAML at once", () => {
    const parsed = parseMatches("- header: 1\n  headers: [{nam: a, value: b}]\n- path: x");
    expect("problems" in parsed && parsed.problems.map(({ at, what }) => `${at} ${what}`)).to.deep.equal([
      "[0].headers[0].name missing",
      '[0].headers[0] unknown field "nam"',
      '[0] unknown field "header"',
      '[1] unknown field "path"',
    ]);
  });

  // Each would match the rest of the header, too, in RE2 or PCRE: a cookie that another site may set.
  const crossing = [
    "[^x]+",
    String.raw`\W`,
    String.raw`\S+`,
    String.raw`\D*`,
    "a;b",
    "[;]",
    "[!-~]",
    String.raw`\x3b`,
    String.raw`[\x3b]`,
    String.raw`\x{3b}`,
    String.raw`\073`,
    String.raw`\P{L}`,
    String.raw`\PN`,
    String.raw`[\P{L}]`,
    "[[:^alpha:]]+",
    "[[:punct:]]",
    "[[:print:]]",
    "[]!-~]+",
    String.raw`\C`,
    String.raw`\N+`,
    String.raw`\H`,
    String.raw`\X`,
    "a^",
    "$",
  ];
  for (const value of crossing) {
    it(`refuses a cookie's expression ${value}`, () =>
      expect(
        problemsOf(`- cookies: [{name: a, type: RegularExpression, value: ${JSON.stringify(value)}}]`),
      ).not.to.equal(""));
  }

  it("refuses a cookie's value that is two cookies", () => {
    expect(problemsOf("cookie a=b; c=d")).to.match(/cookie "a" has a semicolon/);
  });

  it("takes no expression for anchored that is not", () => {
    const [match] = matchesOf(String.raw`header x-a~^b\$`);
    const value = match?.headers?.[0]?.value ?? expect.fail();
    expect("b$ and more").not.to.match(new RegExp(value));
    expect("b$").to.match(new RegExp(value));
  });
});
