import { expect } from "chai";
import fc from "fast-check";
import { stepsText, type TimedStep } from "../../../migrate/steps-text.ts";
import { parseDuration } from "../../../rollout/text/duration.ts";

const pause: TimedStep = { weight: "pause", ms: 0 };

/** This many weights with a pause after each. */
function pairs(count: number): readonly TimedStep[] {
  const share = Math.floor(100 / count);
  return Array.from({ length: count }, (_, i) => [{ weight: share * (i + 1), ms: 0 }, pause]).flat();
}

const plan: fc.Arbitrary<readonly TimedStep[]> = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(fc.nat(5), fc.boolean()), { minLength: 2, maxLength: 60 }))
  .map(([waits, steps]) => [
    ...(waits ? [pause] : []),
    ...steps.flatMap(([minutes, isPaused], i) => [
      { weight: i + 1, ms: 60_000 * minutes },
      ...(isPaused ? [pause] : []),
    ]),
  ]);

describe("the steps of a plan, thinned", () => {
  for (const [what, steps, expected] of [
    [
      "ten pairs",
      pairs(10),
      "10, pause, 20, pause, 30, pause, 40, pause, 50, pause, 60, pause, 70, pause, 80, pause, 90, pause, 100, pause",
    ],
    [
      "eleven pairs",
      pairs(11),
      "9, pause, 18, pause, 27, pause, 36, pause, 45, pause, 63, pause, 72, pause, 81, pause, 90, pause, 99, pause",
    ],
    [
      "nineteen pairs",
      pairs(19),
      "5, pause, 15, pause, 25, pause, 35, pause, 45, pause, 55, pause, 65, pause, 75, pause, 85, pause, 95, pause",
    ],
    [
      "twenty pairs",
      pairs(20),
      "5, pause, 15, pause, 25, pause, 35, pause, 45, pause, 60, pause, 70, pause, 80, pause, 90, pause, 100, pause",
    ],
    [
      "a pause before eleven pairs",
      [pause, ...pairs(11)],
      "pause, 9, pause, 18, pause, 36, pause, 45, pause, 54, pause, 63, pause, 81, pause, 90, pause, 99, pause",
    ],
  ] as const) {
    it(`keeps the first and the last weight of ${what}`, () => {
      expect(stepsText(steps).text).to.equal(expected);
    });
  }

  it("has at most twenty items, both ends, the order, the time, and a pause wherever there was one", () => {
    fc.assert(
      fc.property(plan, (steps) => {
        const items = stepsText(steps).text.split(", ");
        expect(items).to.have.length.at.most(20);
        const weights = items.filter((item) => item !== "pause").map((item) => Number(item.split(":")[0]));
        const given = steps.flatMap(({ weight }) => (weight === "pause" ? [] : [weight]));
        expect([weights[0], weights.at(-1)]).to.deep.equal([given[0], given.at(-1)]);
        expect(weights).to.deep.equal(given.filter((weight) => weights.includes(weight)));
        const times = items.map((item) => parseDuration(item.split(":")[1] ?? "") ?? 0);
        expect(times.reduce((sum, ms) => sum + ms, 0)).to.equal(steps.reduce((sum, { ms }) => sum + ms, 0));
        // The pauses of each interval between two kept weights, before the first one and after the last one, become one.
        const kept: (number | "pause")[] = steps
          .map(({ weight }) => weight)
          .filter((weight) => weight === "pause" || weights.includes(weight));
        const single = kept.filter((weight, i) => weight !== "pause" || kept[i - 1] !== "pause");
        expect(items.map((item) => item.split(":")[0])).to.deep.equal(single.map(String));
      }),
    );
  });
});
