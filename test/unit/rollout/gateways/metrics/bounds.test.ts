import { expect } from "chai";
import fc from "fast-check";
import { boundMatcher, secondsOf } from "../../../../../rollout/gateways/metrics/bounds.ts";

/** What the matcher selects, as Prometheus would. */
function selected(seconds: readonly number[], perSecond: number): RegExp {
  const pattern = boundMatcher(seconds, perSecond).replace(/^le=~/, "");
  return new RegExp(`^(?:${JSON.parse(pattern)})$`);
}

describe("bounds", () => {
  const spelled: [seconds: number, perSecond: number, les: string[]][] = [
    [0.5, 1, ["0.5"]],
    [1, 1, ["1", "1.0"]],
    [0.5, 1_000, ["500", "500.0"]],
    [0.0011, 1_000, ["1.1"]],
    [1_000, 1_000, ["1000000", "1e+06"]],
    [1_800, 1_000, ["1800000", "1.8e+06"]],
    [0.000_01, 1, ["0.00001", "1e-05"]],
  ];
  for (const [seconds, perSecond, les] of spelled) {
    it(`of ${seconds} s are found as ${les.join(", ")}`, () => {
      for (const le of [...les, "+Inf"]) expect(le).to.match(selected([seconds], perSecond));
      for (const le of les) expect(secondsOf(le, perSecond)).to.be.closeTo(seconds, seconds / 1e12);
    });
  }

  it("have +Inf among them, asked or not", () => {
    for (const asked of [[], [0.5], [0.5, Number.POSITIVE_INFINITY]]) {
      expect("+Inf").to.match(selected(asked, 1_000));
    }
    expect(secondsOf("+Inf", 1_000)).to.equal(Number.POSITIVE_INFINITY);
  });

  it("of one are not found as another's", () => {
    const one = selected([0.5], 1_000);
    for (const le of ["5000", "50", "1500", "500.5", "", "Inf", "5e+03"]) expect(le).to.not.match(one);
  });

  it("are found again whatever they were read from", () => {
    const le = fc.oneof(
      fc.integer({ min: 1, max: 3_600_000 }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    );
    const check = fc.property(le, fc.constantFrom(1, 1_000), (bound, perSecond) => {
      // Exporters have bounds of a few digits.
      const written = String(Number(bound.toPrecision(6)));
      expect(written).to.match(selected([secondsOf(written, perSecond)], perSecond));
    });
    fc.assert(check);
  });
});
