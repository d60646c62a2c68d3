import { constants, setPriority } from "node:os";
import { runModel } from "../model/model.ts";

/** Sequences in all: SERIN_MODEL; those with seeds of their own can run in processes of their own by mocha's -g. */
const SEQUENCES = Number(process.env.SERIN_MODEL ?? 100_000);
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe("the model of a cluster, at length", () => {
  // Clusters that run beside it come first.
  before(() => setPriority(constants.priority.PRIORITY_LOW));

  for (const seed of SEEDS) {
    it(`keeps every promise in ${SEQUENCES / SEEDS.length} sequences, seed ${seed}`, () => {
      runModel({ sequences: Math.ceil(SEQUENCES / SEEDS.length), seed });
    }).timeout(30 * 60_000);
  }
});
