import { cases } from "../support/cases.ts";
import { runModel } from "./model.ts";

describe("the model of a cluster", () => {
  it("keeps every promise in 300 random sequences of user actions, deletions and failures", () => {
    runModel({ sequences: cases(300), seed: 7 });
  });
});
