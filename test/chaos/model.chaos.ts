import { constants, setPriority } from "node:os";
import { runModel } from "../model/model.ts";

/** The number of sequences, from SERIN_MODEL. mocha's -g can run each seed in a process of its own. */
const SEQUENCES = Number(process.env.SERIN_MODEL ?? 100_000);
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe("the model of a cluster, in many sequences", () => {
  // Clusters that run at the same time take precedence.
  before(() => setPriority(constants.priority.PRIORITY_LOW));

  for (const seed of SEEDS) {
    it(`keeps every promise in ${SEQUENCES / SEEDS.length} sequences, seed ${seed}`, () => {
      runModel({ sequences: Math.ceil(SEQUENCES / SEEDS.length), seed });
    }).timeout(30 * 60_000);
  }
});
