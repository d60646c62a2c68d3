import { expect } from "chai";
import { parseNotify } from "../../../../rollout/plan/notify.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";

describe("rollout/plan/notify", () => {
  it("reads names of receivers, each with a moment or without", () => {
    expect(parseNotify(" team-shop, oncall = rolled-back,oncall=stuck")).to.deep.equal({
      value: [
        { receiver: "team-shop" },
        { receiver: "oncall", moment: "rolled-back" },
        { receiver: "oncall", moment: "stuck" },
      ],
    });
    expect(parseNotify("none")).to.deep.equal({ value: [] });
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["", "empty item"],
    ["team-shop,", "empty item"],
    [
      "https://evil.test",
      'invalid receiver "https://evil.test": use names of receivers, such as team-shop or oncall=rolled-back',
    ],
    ["none, a", 'invalid receiver "none": use names of receivers, such as team-shop or oncall=rolled-back'],
    ["oncall=rolledback", 'unknown moment "rolledback"; did you mean rolled-back?'],
    [
      "oncall=x",
      'unknown moment "x": use one of started, waiting, stuck, rolled-back, promoted, undone, superseded',
    ],
    [
      "a=stuck=b",
      'invalid receiver "a=stuck=b": use names of receivers, such as team-shop or oncall=rolled-back',
    ],
    ["a, a", "duplicate a: name each once"],
  ];
  for (const [text, says] of wrong)
    it(`refuses ${JSON.stringify(text)}`, () => {
      const parsed = parseNotify(text);
      const problems = "problems" in parsed ? parsed.problems.map((one) => formatProblem(one)) : [];
      expect(problems).to.deep.equal([says]);
    });
});
