import { expect } from "chai";
import { compareDefaults, parseCompare } from "../../../../rollout/plan/compare.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";

describe("serin.dev/compare", () => {
  it("is on or off", () => {
    expect(parseCompare("on")).to.deep.equal({ value: compareDefaults });
    expect(parseCompare(" off ")).to.deep.equal({ value: "off" });
  });

  const settings: Record<string, object> = {
    "tolerance=1.5": { tolerance: 1.5 },
    "tolerance = 1": { tolerance: 1 },
    "tolerance=100": { tolerance: 100 },
    "margin=0.1%": { margin: 0.001 },
    "margin=0%": { margin: 0 },
    "margin=50 %": { margin: 0.5 },
    "alpha=0.1%": { alpha: 0.001 },
    "alpha=0.0001%": { alpha: 0.000001 },
    "alpha=10%": { alpha: 0.1 },
    "beta=0.0001%": { beta: 0.000001 },
    "beta=50%": { beta: 0.5 },
    "loss=0.001%": { loss: 0.00001 },
    "loss=50%": { loss: 0.5 },
    "dispersion=1": { dispersion: 1 },
    "dispersion=50": { dispersion: 50 },
    "inconclusive=hold": { inconclusive: "hold" },
    "inconclusive=rollback": { inconclusive: "rollback" },
    "inconclusive=promote": { inconclusive: "promote" },
    "silent=promote": { silent: "promote" },
    "inconclusive=promote, silent=rollback": { inconclusive: "promote", silent: "rollback" },
    "tolerance=1.5, margin=0.1% ,inconclusive=promote": {
      tolerance: 1.5,
      margin: 0.001,
      inconclusive: "promote",
    },
  };
  for (const [text, changed] of Object.entries(settings)) {
    it(`takes ${text}`, () =>
      expect(parseCompare(text)).to.deep.equal({ value: { ...compareDefaults, ...changed } }));
  }

  it("is estimated dispersion unless it is given", () =>
    expect(compareDefaults).not.to.have.property("dispersion"));

  const known =
    "use tolerance=…, margin=…, refused=…, alpha=…, beta=…, loss=…, dispersion=…, inconclusive=…, silent=…";
  const complaints: Record<string, string[]> = {
    "": ["empty item"],
    yes: [`invalid setting "yes": ${known}`],
    "on, alpha=1%": [`invalid setting "on": ${known}`],
    "sigma=3": [`invalid setting "sigma=3": ${known}`],
    "constructor=1": [`invalid setting "constructor=1": ${known}`],
    "toleranse=1": ["unknown setting toleranse; did you mean tolerance?"],
    "Alpha=1%": [`invalid setting "Alpha=1%": ${known}`],
    "tolerance=": [`invalid setting "tolerance=": ${known}`],
    "tolerance=0.9": ['invalid setting "tolerance=0.9": use a factor from 1 to 100'],
    "tolerance=101": ['invalid setting "tolerance=101": use a factor from 1 to 100'],
    "tolerance=20%": ['invalid setting "tolerance=20%": use a factor from 1 to 100'],
    "tolerance=1e1": ['invalid setting "tolerance=1e1": use a factor from 1 to 100'],
    "tolerance=-1": ['invalid setting "tolerance=-1": use a factor from 1 to 100'],
    "margin=0.001": ['invalid setting "margin=0.001": use a percentage from 0% to 50%'],
    "margin=50.1%": ['invalid setting "margin=50.1%": use a percentage from 0% to 50%'],
    "alpha=0%": ['invalid setting "alpha=0%": use a percentage from 0.0001% to 10%'],
    "alpha=11%": ['invalid setting "alpha=11%": use a percentage from 0.0001% to 10%'],
    "beta=51%": ['invalid setting "beta=51%": use a percentage from 0.0001% to 50%'],
    "loss=0%": ['invalid setting "loss=0%": use a percentage from 0.001% to 50%'],
    "dispersion=0.5": ['invalid setting "dispersion=0.5": use a factor from 1 to 50'],
    "dispersion=51": ['invalid setting "dispersion=51": use a factor from 1 to 50'],
    "inconclusive=wait": ['invalid setting "inconclusive=wait": use hold, rollback or promote'],
    "alpha=1%, alpha=2%": ["duplicate alpha: set it once"],
    "alpha=0%, sigma=3": [
      'invalid setting "alpha=0%": use a percentage from 0.0001% to 10%',
      `invalid setting "sigma=3": ${known}`,
    ],
  };
  for (const [text, problems] of Object.entries(complaints)) {
    it(`complains about ${JSON.stringify(text)}`, () => {
      const parsed = parseCompare(text);
      expect("problems" in parsed && parsed.problems.map((one) => formatProblem(one))).to.deep.equal(
        problems,
      );
    });
  }
});
