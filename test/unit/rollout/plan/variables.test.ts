import { expect } from "chai";
import { parseVariables } from "../../../../rollout/plan/variables.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";

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

  const letters = ": use up to 63 letters, digits and underscores";
  const wrong: readonly [string, string][] = [
    ["", "empty item"],
    ["direction", 'invalid variable "direction": use name=value'],
    ["1x=2", `invalid variable name "1x"${letters}`],
    ["a-b=2", `invalid variable name "a-b"${letters}`],
    ["=2", `invalid variable name ""${letters}`],
    ["a=1, a=2", "duplicate a: name each once"],
    [`a=${"x".repeat(201)}`, "variable a has 201 characters: use at most 200"],
    ...['"', "'", "`", "\\", "{", "}", "\n", "\r", "\u2028", "\0"].map((bad): [string, string] => [
      `a=x${bad}y`,
      "variable a has a quote, backslash, backtick, brace or line break: remove it",
    ]),
  ];
  for (const [text, problem] of wrong) {
    it(`are refused in ${JSON.stringify(text.slice(0, 30))}`, () => {
      const parsed = parseVariables(text);
      expect("problems" in parsed && parsed.problems.map((one) => formatProblem(one))).to.deep.equal([
        problem,
      ]);
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
