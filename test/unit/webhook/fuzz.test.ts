import { expect } from "chai";
import { fuzz } from "../../chaos/fuzz/fuzz.ts";
import { cases } from "../../support/cases.ts";

describe("webhook/server, fuzzed", () => {
  it("answers mutated reviews with what may be stored, or not at all", async () => {
    const { answers, complaints } = await fuzz(1, cases(2_000));
    expect(complaints.slice(0, 5)).to.deep.equal([]);
    expect(answers).to.include.keys("allowed", "patched", "refused", "400");
  });
});
