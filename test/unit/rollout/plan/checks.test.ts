import { expect } from "chai";
import { type Check, parseChecks } from "../../../../rollout/plan/checks.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";

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

  const named = "use success-rate, p50 to p99, p99.9 or the name of a metric template";
  const wrong: readonly [string, string][] = [
    ["ratio < 1, ratio <= 2", "duplicate upper limit of ratio: name each once"],
    ["ratio > 1, ratio >= 2", "duplicate lower limit of ratio: name each once"],
    ["success-rate > 1%, success-rate >= 2%", "duplicate success-rate: name each once"],
    ["sucess-rate >= 99%", 'unknown metric "sucess-rate"; did you mean success-rate?'],
    ["succes-rate >= 99", 'unknown metric "succes-rate"; did you mean success-rate?'],
    ["success >= 99%", 'unknown metric "success"; did you mean success-rate?'],
    ["p999 < 1s", 'unknown metric "p999"; did you mean p99.9?'],
    ["p100 < 1s", 'unknown metric "p100": use p50 to p99 or p99.9'],
    ["p42 < 1s", 'unknown metric "p42": use p50 to p99 or p99.9'],
    ["My-Template <= 5", `invalid metric "My-Template": ${named}`],
    ["a/b <= 5", `invalid metric "a/b": ${named}`],
    ["my-template == 5", 'invalid condition "my-template == 5"'],
    ["my-template <= 5m", 'invalid condition "my-template <= 5m"'],
    ["my-template <= 1e3", 'invalid condition "my-template <= 1e3"'],
    ["my-template <= NaN", 'invalid condition "my-template <= NaN"'],
    [
      "success-rate >= -5%",
      'the answer to "success-rate >= -5%" is always the same: use a percentage that some canaries reach',
    ],
    ["p99 <= -1s", 'no canary passes "p99 <= -1s": use a time above 0'],
  ];
  for (const [text, problem] of wrong) {
    it(`are refused in ${text}`, () => {
      const parsed = parseChecks(text);
      expect("problems" in parsed && parsed.problems.map((one) => formatProblem(one))).to.deep.equal([
        problem,
      ]);
    });
  }
});
