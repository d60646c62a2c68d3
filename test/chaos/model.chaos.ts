import { constants, setPriority } from "node:os";
import { runModel } from "../model/model.ts";

/** The first and the last seed, from SERIN_SEEDS. Each is a test of its own, so that one that fails ends no other. */
const [first = 1, last = first] = (process.env.SERIN_SEEDS ?? "1-1000").split("-").map(Number);
/** The sequences of one seed. */
const SEQUENCES = 100;

describe(`the model of a cluster, ${SEQUENCES} sequences of each seed`, () => {
  // Clusters that run at the same time take precedence.
  before(() => setPriority(constants.priority.PRIORITY_LOW));

  for (let seed = first; seed <= last; seed += 1) {
    it(`keeps every promise with seed ${seed}`, () => {
      runModel({ sequences: SEQUENCES, seed });
    }).timeout(10 * 60_000);
  }
});
