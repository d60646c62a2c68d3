import { expect } from "chai";
import { parseVariables } from "../../../../rollout/plan/variables.ts";

describe("variables", () => {
  const right: readonly [string, Record<string, string>][] = [
    ["direction=inbound", { direction: "inbound" }],
    [" direction = inbound , code=5.. ", { direction: "inbound", code: "5.." }],
    ["path=/api/v1?a=b&c=[0-9]+|(x)$", { path: "/api/v1?a=b&c=[0-9]+|(x)$" }],
    ["empty=", { empty: "" }],
    ["name=größe ☃", { name: "größe ☃" }],
  ];
  for (const [text, value] of right) {
    it(`are read from ${text}`, () => expect(parseVariables(text)).to.deep.equal({ value }));
  }

  const wrong: readonly [string, string][] = [
    ["", "has an empty item"],
    ["direction", 'has "direction", which lacks "="'],
    ["1x=2", 'has "1x", which is no name of a variable'],
    ["a-b=2", 'has "a-b", which is no name of a variable'],
    ["=2", 'has "", which is no name of a variable'],
    ["a=1, a=2", "names a twice"],
    [`a=${"x".repeat(201)}`, "has a with 201 characters, more than 200"],
    ...['"', "'", "`", "\\", "{", "}", "\n", "\r", "\u2028", "\0"].map((bad): [string, string] => [
      `a=x${bad}y`,
      "has a with a quote, backslash, backtick, brace or line break",
    ]),
  ];
  for (const [text, problem] of wrong) {
    it(`are refused in ${JSON.stringify(text.slice(0, 30))}`, () => {
      expect(parseVariables(text)).to.deep.equal({ problems: [problem] });
    });
  }

  it("do not reach what every object has", () => {
    const parsed = parseVariables("__proto__=x, constructor=y");
    expect("value" in parsed && Object.entries(parsed.value)).to.deep.equal([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });
});
