import { runModel } from "./model.ts";

describe("the model of a cluster", () => {
  it("keeps every promise in 300 sequences of what people, owners and nature do", () => {
    runModel({ sequences: 300, seed: 6 });
  }).timeout(120_000);
});
