import { expect } from "chai";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { auditOf, withAuthor } from "../../../../rollout/admission/asked-by.ts";
import { RUN } from "../../../../rollout/keys.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { formatRun, lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { annotate, both, canarySet, inFlight, native, no, yes } from "../../../support/ask.ts";
import { aDeployment, aHeld, aReplicaSet, readsOf } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const STEPS = { "serin.dev/steps": "10, pause, 50" };

/** The Deployment at revision 2 in flight, and what admission reads, with the run record at this step (from 0). */
function at(step: number, parts: Parameters<typeof inFlight>[0] & { readonly plansPause?: boolean } = {}) {
  const { plansPause = false, ...flying } = parts;
  const run = { step, ...(plansPause && { paused: true }) };
  const record = lastRunOf(aRollout({ run }).canary as ReplicaSet) as RunRecord;
  const revision = { "deployment.kubernetes.io/revision": "2" };
  const canary = canarySet({ annotations: { ...revision, [RUN]: formatRun(record) } });
  const reads = readsOf({ replicaSets: [aReplicaSet(), canary] });
  return { old: annotate(inFlight(flying), { ...STEPS, ...revision }), reads };
}

const order = (object: Deployment, value: string) => annotate(object, { "serin.dev/advance": value });

describe("the order to advance, at admission,", () => {
  it("goes into the record with the step that it leaves, and its annotation is dropped", () => {
    const { old, reads } = at(0);
    const { object } = yes(order(old, "2/1"), old, reads);
    expect(holdRecordOf(object)).to.deep.equal({ ...holdRecordOf(old), advance: 1 });
    expect(object.metadata.annotations).not.to.have.property("serin.dev/advance");
  });

  it("keeps who asked", () => {
    const { old, reads } = at(0);
    const answer = withAuthor(yes(order(old, "2/1"), old, reads), old, "jane", "2026-01-01T00:00:00Z");
    if (!answer.allowed) return expect.fail(answer.message);
    expect(holdRecordOf(answer.object)?.requests?.at(-1)).to.include({ user: "jane", verb: "advance" });
    expect(auditOf(answer, old)).to.include({ decision: "order advance" });
    return undefined;
  });

  it("ends the plan's pause", () => {
    const { old, reads } = at(1, { paused: true, plansPause: true });
    expect(holdRecordOf(yes(order(old, "2/2"), old, reads).object)?.advance).to.equal(2);
  });

  for (const [what, step, value, message] of [
    ["another step", 1, "2/1", '"2/1" is not the step in force; expected "2/2"'],
    ["a later step", 0, "2/3", '"2/3" is not the step in force; expected "2/1"'],
    ["another revision", 0, "1/1", '"1" is not the revision in flight; expected "2"'],
    ["the last step", 2, "2/3", "step 3 of 3 is the last one; expected serin.dev/promote=2, which promotes"],
    ["no step", 0, "2", "use a revision number, a slash and the number of the step to leave"],
    ["step 0", 0, "2/0", "use a revision number, a slash and the number of the step to leave"],
  ] as const) {
    it(`is refused for ${what}, with what would be right`, () => {
      const { old, reads } = at(step);
      expect(no(order(old, value), old, reads)).to.contain(message);
    });
  }

  it("is refused while the user has paused the Deployment", () => {
    const { old, reads } = at(0, { paused: true });
    expect(no(order(old, "2/1"), old, reads)).to.contain(
      "the Deployment is paused; kubectl rollout resume deployment/web first",
    );
  });

  it("only warns where no rollout is in flight, and is refused where it has failed", () => {
    const rest = annotate(aDeployment(), { ...STEPS, "deployment.kubernetes.io/revision": "2" });
    expect(yes(order(rest, "2/1"), rest, both).warnings).to.deep.equal([
      "serin.dev/advance: no rollout is in flight",
    ]);
    const { old, reads } = at(0, { held: { phase: "failed" } });
    expect(no(order(old, "2/1"), old, reads)).to.contain("serin.dev/retry=2 starts its canary again");
  });

  it("means nothing any more once the plan has other steps, unless it comes with them", () => {
    const { old, reads } = at(1, { held: { advance: 1 } });
    const other = annotate(old, { "serin.dev/steps": "10, 40, 60" });
    expect(holdRecordOf(yes(other, old, reads).object)).not.to.have.property("advance");
    expect(holdRecordOf(yes(order(other, "2/2"), old, reads).object)?.advance).to.equal(2);
    expect(holdRecordOf(yes(annotate(old, { team: "a" }), old, reads).object)?.advance).to.equal(1);
  });

  it("is not carried over to a retry", () => {
    const failed = annotate(inFlight({ held: { phase: "failed", advance: 1 }, surge: 1 }), {
      "deployment.kubernetes.io/revision": "2",
    });
    const { object } = yes(annotate(failed, { "serin.dev/retry": "2" }), failed, both);
    const { started: _started, ...expected } = aHeld({ originals: native });
    expect(holdRecordOf(object)).to.deep.include(expected).and.not.have.property("advance");
  });
});
