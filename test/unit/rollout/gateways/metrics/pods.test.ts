import { expect } from "chai";
import { LONGEST_NAME, podStem } from "../../../../../rollout/gateways/metrics/pods.ts";
import { chance } from "../../../../support/chance.ts";

describe("the names of two versions' pods", () => {
  const versions = 20_000;

  /** The share of pairs of versions whose pods have the same stem, with hashes as Kubernetes writes them. */
  function alike(name: string): number {
    const random = chance(9);
    const stems = Array.from({ length: versions }, () => {
      const digits = String(Math.floor(random() * 2 ** 32));
      return podStem(`${name}-${digits.replaceAll(/\d/g, (digit) => "456789bcdf"[Number(digit)] ?? "")}`);
    });
    const groups = [...Map.groupBy(stems, (stem) => stem).values()];
    const pairs = groups.reduce((sum, { length }) => sum + length * (length - 1), 0);
    return pairs / (versions * (versions - 1));
  }

  it("begin alike for one pair in 10,000 at most, also for the longest name that Serin takes", () => {
    expect(alike("x".repeat(LONGEST_NAME))).to.be.within(1e-5, 1e-4);
    expect(alike("x".repeat(LONGEST_NAME + 3)), "a test that can tell").to.be.above(1e-3);
  });
});
