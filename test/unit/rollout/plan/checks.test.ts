import { expect } from "chai";
import { type Check, parseChecks } from "../../../../rollout/plan/checks.ts";

describe("checks on metric templates", () => {
  const right: readonly [string, Check][] = [
    [
      "my-template<=5",
      { metric: "template", name: "my-template", op: "<=", limit: 5, text: "my-template <= 5" },
    ],
    ["queue > -0.50", { metric: "template", name: "queue", op: ">", limit: -0.5, text: "queue > -0.5" }],
    ["x >= -0", { metric: "template", name: "x", op: ">=", limit: 0, text: "x >= 0" }],
    [
      "p95-latency < 250ms",
      {
        metric: "template",
        name: "p95-latency",
        op: "<",
        limit: 250,
        unit: "ms",
        text: "p95-latency < 250ms",
      },
    ],
    [
      "error-rate <= 1 %",
      { metric: "template", name: "error-rate", op: "<=", limit: 1, unit: "%", text: "error-rate <= 1%" },
    ],
    [
      "bytes <= 123456789012",
      { metric: "template", name: "bytes", op: "<=", limit: 123456789012, text: "bytes <= 123456789012" },
    ],
  ];
  for (const [text, check] of right) {
    it(`are read from ${text}`, () => expect(parseChecks(text)).to.deep.equal({ value: [check] }));
  }

  it("may have a limit on either side", () => {
    const parsed = parseChecks("ratio >= 0.9, ratio <= 1.1, p99 < 1s");
    expect("value" in parsed && parsed.value.map(({ text }) => text)).to.deep.equal([
      "ratio >= 0.9",
      "ratio <= 1.1",
      "p99 < 1s",
    ]);
  });

  const wrong: readonly [string, string][] = [
    ["ratio < 1, ratio <= 2", "names an upper limit of ratio twice"],
    ["ratio > 1, ratio >= 2", "names a lower limit of ratio twice"],
    ["success-rate > 1%, success-rate >= 2%", "names success-rate twice"],
    ["sucess-rate >= 99%", 'has "sucess-rate >= 99%", an unknown metric; did you mean success-rate?'],
    ["succes-rate >= 99", 'has "succes-rate >= 99", an unknown metric; did you mean success-rate?'],
    ["success >= 99%", 'has "success >= 99%", an unknown metric; did you mean success-rate?'],
    ["p999 < 1s", 'has "p999 < 1s", an unknown metric; did you mean p99.9?'],
    ["p100 < 1s", 'has "p100 < 1s", an unknown metric'],
    ["p42 < 1s", 'has "p42 < 1s", an unknown metric'],
    ["My-Template <= 5", 'has "My-Template <= 5", an unknown metric and no name of a template'],
    ["a/b <= 5", 'has "a/b <= 5", an unknown metric and no name of a template'],
    ["my-template == 5", 'has "my-template == 5", which is no condition'],
    ["my-template <= 5m", 'has "my-template <= 5m", which is no condition'],
    ["my-template <= 1e3", 'has "my-template <= 1e3", which is no condition'],
    ["my-template <= NaN", 'has "my-template <= NaN", which is no condition'],
    ["success-rate >= -5%", 'has "success-rate >= -5%", which says nothing'],
    ["p99 <= -1s", 'has "p99 <= -1s", which nothing passes'],
  ];
  for (const [text, problem] of wrong) {
    it(`are refused in ${text}`, () => {
      expect(parseChecks(text)).to.deep.equal({ problems: [problem] });
    });
  }
});
