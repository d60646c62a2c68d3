import { expect } from "chai";
import {
  foldTemplateTest,
  isBroken,
  type TemplateReading,
  type TemplateTest,
} from "../../../../rollout/judge/template-check.ts";
import type { TemplateCheck } from "../../../../rollout/plan/checks.ts";

const check = (op: TemplateCheck["op"], limit = 5): TemplateCheck => {
  return { metric: "template", name: "queue", op, limit, text: `queue ${op} ${limit}` };
};
const value = (number: number): TemplateReading => ({ kind: "value", value: number });
const none: TemplateReading = { kind: "none", reason: "the query yields no value" };

/** Readings of `queue <= 5`, 15 s apart. */
function gate(...readings: readonly TemplateReading[]): TemplateTest {
  let found: TemplateTest | undefined;
  readings.forEach((reading, i) => {
    found = foldTemplateTest(found, check("<="), reading, 15_000 * i);
  });
  return found as TemplateTest;
}

describe("a template check", () => {
  const cases: [TemplateCheck["op"], boolean[]][] = [
    [">=", [false, true, true]],
    [">", [false, false, true]],
    ["<=", [true, true, false]],
    ["<", [true, false, false]],
  ];
  for (const [op, expected] of cases) {
    it(`holds by ${op}`, () => {
      const holds = [4, 5, 6].map((n) => foldTemplateTest(undefined, check(op), value(n), 0).holds);
      expect(holds).to.deep.equal(expected);
    });
  }

  it("is broken after a whole interval in which every reading broke it", () => {
    expect(isBroken(gate(value(6), value(7), value(8), value(9)), 60_000)).to.equal(false);
    const broken = gate(value(6), value(7), value(8), value(9), value(6));
    expect(isBroken(broken, 60_000)).to.equal(true);
    expect(broken.broken).to.deep.equal({ since: 0, last: 60_000, readings: 5 });
  });

  it("is not broken by two readings, whatever time they span", () => {
    const late = foldTemplateTest(
      foldTemplateTest(undefined, check("<="), value(6), 0),
      check("<="),
      value(6),
      3_600_000,
    );
    expect(isBroken(late, 60_000)).to.equal(false);
  });

  it("starts again after a reading that holds, and after one without a number", () => {
    for (const between of [value(5), none]) {
      const found = gate(value(6), value(6), value(6), value(6), between, value(6), value(6), value(6));
      expect(found.broken).to.deep.equal({ since: 75_000, last: 105_000, readings: 3 });
      expect(isBroken(found, 60_000)).to.equal(false);
    }
  });

  it("neither holds nor breaks on a reading without a number", () => {
    const found = gate(none, none, none, none, none, none);
    expect(found).to.deep.equal({ reading: none, holds: false });
    expect(isBroken(found, 60_000)).to.equal(false);
  });
});
