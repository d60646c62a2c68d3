import { expect } from "chai";
import { overdue } from "../../rollout/stages/health.ts";
import { AT_NOON, aReplicaSet, aSnapshot, NOON } from "../support/builders.ts";
import { aRollout } from "../support/rollout.ts";
import { Readiness } from "./readiness.ts";

const DEADLINE_MS = 600_000;

describe("the readiness of pods in the model", () => {
  // The model knows such a failure by its words: this sentence is the real one.
  const pods = [{ metadata: { name: "web-x", creationTimestamp: AT_NOON } }];
  const message = overdue(aSnapshot({ now: NOON + DEADLINE_MS + 1, pods }), 1) ?? "";

  it("allows a failure by an unready pod only after the Deployment's deadline", () => {
    const readiness = new Readiness();
    const set = aReplicaSet({ ready: 4 });
    readiness.look([set], NOON);
    const { run } = aRollout({ run: { outcome: "failed", message } });
    if (run === undefined) throw new Error("the rollout has no record");
    expect(() => readiness.check(set, run, NOON + DEADLINE_MS - 1)).to.throw("with an unready pod");
    readiness.check(set, run, NOON + DEADLINE_MS);
  });
});
