import { expect } from "chai";
import { compareDefaults, parseCompare } from "../../../../rollout/plan/compare.ts";

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

  const known = "tolerance, margin, alpha, beta, loss, dispersion, inconclusive";
  const complaints: Record<string, string[]> = {
    "": ["has an empty item"],
    yes: [`has "yes", but the settings are ${known}`],
    "on, alpha=1%": [`has "on", but the settings are ${known}`],
    "sigma=3": [`has "sigma=3", but the settings are ${known}`],
    "constructor=1": [`has "constructor=1", but the settings are ${known}`],
    "Alpha=1%": [`has "Alpha=1%", but the settings are ${known}`],
    "tolerance=": [`has "tolerance=", but the settings are ${known}`],
    "tolerance=0.9": ['has "tolerance=0.9", but tolerance is a factor from 1 to 100'],
    "tolerance=101": ['has "tolerance=101", but tolerance is a factor from 1 to 100'],
    "tolerance=20%": ['has "tolerance=20%", but tolerance is a factor from 1 to 100'],
    "tolerance=1e1": ['has "tolerance=1e1", but tolerance is a factor from 1 to 100'],
    "tolerance=-1": ['has "tolerance=-1", but tolerance is a factor from 1 to 100'],
    "margin=0.001": ['has "margin=0.001", but margin is a percentage from 0% to 50%'],
    "margin=50.1%": ['has "margin=50.1%", but margin is a percentage from 0% to 50%'],
    "alpha=0%": ['has "alpha=0%", but alpha is a percentage from 0.0001% to 10%'],
    "alpha=11%": ['has "alpha=11%", but alpha is a percentage from 0.0001% to 10%'],
    "beta=51%": ['has "beta=51%", but beta is a percentage from 0.0001% to 50%'],
    "loss=0%": ['has "loss=0%", but loss is a percentage from 0.001% to 50%'],
    "dispersion=0.5": ['has "dispersion=0.5", but dispersion is a factor from 1 to 50'],
    "dispersion=51": ['has "dispersion=51", but dispersion is a factor from 1 to 50'],
    "inconclusive=wait": ['has "inconclusive=wait", but inconclusive is hold, rollback or promote'],
    "alpha=1%, alpha=2%": ["sets alpha twice"],
    "alpha=0%, sigma=3": [
      'has "alpha=0%", but alpha is a percentage from 0.0001% to 10%',
      `has "sigma=3", but the settings are ${known}`,
    ],
  };
  for (const [text, problems] of Object.entries(complaints)) {
    it(`complains about ${JSON.stringify(text)}`, () =>
      expect(parseCompare(text)).to.deep.equal({ problems }));
  }
});
