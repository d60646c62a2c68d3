import { expect } from "chai";
import { fuzz } from "./fuzz.ts";

const COUNT = 100_000;

describe("admission of mutated reviews", function () {
  this.timeout(1_200_000);

  it(`answers ${COUNT} reviews with an object that may be stored, or refuses`, async () => {
    const { answers, complaints, slowestMs } = await fuzz(20_260_101, COUNT);
    expect(complaints.slice(0, 5).map((complaint) => complaint.slice(0, 6_000))).to.deep.equal([]);
    expect(slowestMs, "the longest answer").to.be.below(5_000);
    expect(answers).to.include.keys("allowed", "patched", "refused", "400");
  });
});
