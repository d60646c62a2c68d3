import { expect } from "chai";
import { describeExposure, exposureAt, shortly } from "../../../../rollout/plan/grant.ts";
import { drained, type Exposure, exposureOf, isExposed } from "../../../../rollout/traffic/exposure.ts";
import { AT_NOON, aPlan } from "../../../support/builders.ts";

const cookie = { cookie: "serin-web", id: "r7" };
const match = [{ headers: [{ type: "Exact" as const, name: "x-a", value: "1" }] }];
const sticky = { ...cookie, seconds: 3600 };

describe("exposure", () => {
  const stories: [annotations: Record<string, string>, expected: readonly Exposure[]][] = [
    [{ steps: "10, pause, 50" }, [{ weight: 10 }, { weight: 10 }, { weight: 50 }]],
    [{ steps: "pause, 10" }, [{ weight: 0 }, { weight: 10 }]],
    [
      { steps: "pause, 10", match: "header x-a=1" },
      [
        { weight: 0, match },
        { weight: 10, match },
      ],
    ],
    [{ steps: "10, 100", mirror: "20%" }, [{ weight: 0, mirror: 20 }, { weight: 10 }, { weight: 100 }]],
    [
      { steps: "pause, 10", mirror: "20%", match: "header x-a=1" },
      [
        { weight: 0, mirror: 20 },
        { weight: 0, mirror: 20 },
        { weight: 10, match },
      ],
    ],
    [{ steps: "pause, 10", sticky: "1h" }, [{ weight: 0 }, { weight: 10, sticky }]],
    [{ steps: "10", sticky: "1h", match: "header x-a=1" }, [{ weight: 10, match, sticky }]],
    [
      { steps: "10", sticky: "1h", mirror: "100%" },
      [
        { weight: 0, mirror: 100 },
        { weight: 10, sticky },
      ],
    ],
    [{ rollout: "blue-green", mirror: "5%" }, [{ weight: 0, mirror: 5 }, { weight: 100 }]],
    [
      { rollout: "blue-green", steps: "pause, 100:5m, pause", match: "header x-a=1" },
      [
        { weight: 0, match },
        { weight: 100, match },
        { weight: 100, match },
      ],
    ],
    [{ rollout: "ab-test", match: "header x-a=1" }, [{ weight: 0, match }]],
    [
      { rollout: "ab-test", match: "header x-a=1", mirror: "5%" },
      [
        { weight: 0, mirror: 5 },
        { weight: 0, match },
      ],
    ],
  ];
  for (const [annotations, expected] of stories) {
    it(`of ${JSON.stringify(annotations)}`, () => {
      const plan = aPlan(
        Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`serin.dev/${key}`, value])),
      );
      expect(plan.steps.map((_step, i) => exposureAt(plan, i, cookie))).to.deep.equal(expected);
    });
  }

  const share = { namespace: "shop", canaryServices: { web: "web-canary" }, since: AT_NOON };
  it("is what a flight gives, and nothing but the weight that it had after it was drained, whatever it was", () => {
    for (const exposure of [
      { weight: 10 },
      { weight: 0, mirror: 20 },
      { weight: 0, match },
      { weight: 10, match, sticky },
    ]) {
      const given = { ...share, ...exposure };
      expect(exposureOf(given)).to.deep.equal(exposure);
      expect(isExposed(given)).to.equal(true);
      const had = exposure.weight > 0 ? { had: { rollout: AT_NOON, weight: exposure.weight } } : {};
      const empty = drained({ ...given, drained: true }, AT_NOON, AT_NOON);
      expect(empty).to.deep.equal({ ...share, weight: 0, ...had });
      expect(drained(empty, AT_NOON)).to.deep.equal(empty);
    }
    expect(
      [undefined, { ...share, weight: 0 }, drained({ ...share, weight: 10 }, AT_NOON)].map(isExposed),
    ).to.deep.equal([false, false, false]);
  });

  it("is described in a word and in words", () => {
    const described = [
      { weight: 12.5 },
      { weight: 0, mirror: 20 },
      { weight: 0, match },
      { weight: 10, match, sticky },
      { weight: 0 },
    ].map((it) => [shortly(it), describeExposure(it)]);
    expect(described).to.deep.equal([
      ["12.5%", "12.5% of the traffic"],
      ["copies of 20%", "copies of 20% of the traffic"],
      ["the matching users", "the users with header x-a=1"],
      ["10%", "10% of the traffic and the users with header x-a=1"],
      ["0%", "0% of the traffic"],
    ]);
  });
});
