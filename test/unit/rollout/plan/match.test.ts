import { expect } from "chai";
import { describeMatches, parseMatches } from "../../../../rollout/plan/match.ts";
import type { FieldMatch, Match } from "../../../../rollout/traffic/matches.ts";

const exact = (name: string, value: string): FieldMatch => ({ type: "Exact", name, value });
const expression = (name: string, value: string): FieldMatch => ({ type: "RegularExpression", name, value });
const cookie = (condition: string) => expression("Cookie", String.raw`^(.*;\s*)?${condition}(;.*)?$`);

function matchesOf(text: string): readonly Match[] {
  const parsed = parseMatches(text);
  if ("value" in parsed) return parsed.value;
  throw new Error(parsed.problems.join("; "));
}

function problemsOf(text: string): string {
  const parsed = parseMatches(text);
  return "problems" in parsed ? parsed.problems.join("; ") : "";
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
    ["insider", /"insider", which is no condition/],
    ["path x=/a", /"path x=\/a", which is no condition/],
    ["header x-a", /which is no condition/],
    ["header x-a=", /header "x-a" without a value/],
    ["header x a=1", /no condition/],
    ["header x(a=1", /"x\(a", which is no name/],
    [`header ${"x".repeat(257)}=1`, /which is no name/],
    [`query a=${"x".repeat(1025)}`, /more than 1024 characters/],
    [`query a~${"x".repeat(1020)}`, /condition on a that is longer/],
    [`cookie a=${"x".repeat(513)}`, /more than 512 characters/],
    [`cookie a=${".".repeat(512)} and cookie b=${".".repeat(512)}`, /condition on Cookie that is longer/],
    ["header x-a~(", /is no regular expression/],
    ["header x-a~(?=b)c", /looks around or has flags/],
    ["header x-a~(?i)b", /looks around or has flags/],
    ["header x-a~(?P<a>b)", /looks around or has flags/],
    [String.raw`header x-a~(a)\1`, /refers back/],
    [String.raw`header x-a~a\u0041`, /gateways do not (all )?know/],
    ["header x-a~[[:alpha:]]", /a bracket in a class/],
    ["header x-a~a{1001}", /more than 1000 times/],
    ["header x-a=1 and header X-A=2", /names header x-a twice/],
    ["query a=1 and query a=1", /names query a twice/],
    ["cookie a=1 and cookie a=2", /names cookie a twice/],
    ["cookie a=1 and cookie b=1 and cookie c=1 and cookie d=1", /more than 3 cookies/],
    ["cookie a=1 and header cookie=b", /header Cookie beside a cookie/],
    ["[]", /is no list of 1 to 16 matches/],
    ["- 1", /"1", which is no match/],
    ["- {}", /a match without conditions/],
    ["- path: {value: /a}", /field "path": paths and methods are the route's own/],
    ["- method: GET", /field "method": paths and methods/],
    ["- header: []", /field "header"/],
    ["- headers: {name: a}", /headers that are no list/],
    ["- headers: [{name: a}]", /needs name and value/],
    ["- headers: [{name: a, value: 1}]", /needs name and value/],
    ["- headers: [{name: a, value: b, type: Prefix}]", /"Prefix", which is neither/],
    ["- headers: [{name: a, value: b, ignoreCase: true}]", /needs name and value/],
    ["- [", /is no YAML/],
    [`[${Array.from({ length: 17 }, () => "{headers: [{name: a, value: b}]}").join()}]`, /1 to 16/],
  ];
  for (const [text, problem] of wrong) {
    it(`complains about ${JSON.stringify(text.slice(0, 60))}`, () =>
      expect(problemsOf(text)).to.match(problem));
  }

  // Each would match the rest of the header, too, in RE2 or PCRE: a cookie that somebody else may set.
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
    expect(problemsOf("cookie a=b; c=d")).to.match(/cookie "a" with a semicolon/);
  });

  it("takes no expression for anchored that is not", () => {
    const [match] = matchesOf(String.raw`header x-a~^b\$`);
    const value = match?.headers?.[0]?.value ?? expect.fail();
    expect("b$ and more").not.to.match(new RegExp(value));
    expect("b$").to.match(new RegExp(value));
  });
});
