import { cases } from "../support/cases.ts";
import { runModel } from "./model.ts";

describe("the model of a cluster", () => {
  it("keeps every promise in 300 random sequences of user actions, deletions and failures", () => {
    runModel({ sequences: cases(300), seed: 7 });
  });

  for (const minutes of [-5, 5])
    it(`keeps them while the webhook's clock is off by ${minutes} minutes`, () => {
      runModel({ sequences: cases(60), seed: 8, aheadMs: minutes * 60_000 });
    });

  it("keeps them while another leader, whose clock differs by up to 10 s, takes over at each look", () => {
    runModel({ sequences: cases(60), seed: 12, turns: [-5_000, 5_000, -5_000, 5_000, 0] });
  });
});
