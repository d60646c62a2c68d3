import { expect } from "chai";
import { noEvidence } from "../../../../rollout/judge/fold.ts";
import type { ConditionUpdate } from "../../../../rollout/stages/decision.ts";
import { retell } from "../../../../rollout/stages/retell.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { waitingFor } from "../../../../rollout/stages/wait.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { canaryCondition } from "../../../../rollout/workload/writes.ts";
import { AT_NOON, aDeployment, aHeld, NOON } from "../../../support/builders.ts";
import { aRouted, recordIn } from "./routed.ts";

const saying = (reason: ConditionUpdate["reason"], message: string): ConditionUpdate => ({
  status: "Unknown",
  reason,
  message,
});
const SILENT = waitingFor("traffic", "holding at 10%: no requests");

/** A canary at 10 % since noon, whose metrics were read up to `readMs` after noon. */
function at(readMs: number, present?: ConditionUpdate, run: Partial<RunRecord> = {}): Snapshot {
  const snapshot = aRouted({ run });
  const conditions = present ? [canaryCondition(present, AT_NOON)] : [];
  const judged = noEvidence({ since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] });
  return {
    ...snapshot,
    now: NOON + 60_000,
    deployment: { ...aDeployment({ image: "web:2" }), status: { conditions } },
    held: aHeld({ started: AT_NOON }),
    evidence: { gates: {}, judged: { ...judged, at: NOON + readMs } },
  };
}
const verbs = (snapshot: Snapshot, condition?: ConditionUpdate, writes: Snapshot["pods"] = []) =>
  retell(snapshot, { writes: writes as never, ...(condition && { condition }) }).writes.map((write) =>
    write.verb === "event" ? write.reason : write.kind,
  );

describe("telling people again", () => {
  it("records the numbers with the sentence, after half a minute", () => {
    const { writes } = retell(at(30_000), {
      writes: [],
      condition: saying("Progressing", "canary has 10%: a"),
    });
    expect(recordIn(writes)?.progress).to.deep.include({
      at: NOON + 30_000,
      requests: { canary: 0, stable: 0 },
    });
    expect(recordIn(writes)?.course).to.deep.equal([{ step: 0, weight: 10, at: AT_NOON }]);
  });

  it("records the evidence with them, so that a new controller continues from there", () => {
    const snapshot = at(30_000);
    const { writes } = retell(snapshot, {
      writes: [],
      condition: saying("Progressing", "canary has 10%: a"),
    });
    expect(recordIn(writes)?.evidence).to.deep.equal(snapshot.evidence?.judged);
  });

  it("records no numbers sooner, nor without a sentence, nor beside another write", () => {
    const progressing = saying("Progressing", "canary has 10%: a");
    expect(verbs(at(25_000), progressing)).to.deep.equal(["deployments"]);
    expect(verbs(at(30_000))).to.deep.equal([]);
    expect(verbs(at(30_000), progressing, [{}] as never)).to.deep.equal(["deployments"]);
    const told = {
      at: NOON + 5_000,
      requests: { canary: 0, stable: 0 },
      failed: { canary: 0, stable: 0 },
      slow: [],
    };
    expect(verbs(at(30_000, undefined, { progress: told }), progressing)).to.deep.equal(["deployments"]);
    expect(verbs(at(35_000, undefined, { progress: told }), progressing)).to.deep.equal([
      "deployments",
      "replicasets",
    ]);
  });

  it("announces a wait when it begins, and a pause of the plan by its own Event alone", () => {
    const progressing = saying("Progressing", "x");
    const announced = ["CanaryWaiting", "deployments", "replicasets"];
    expect(verbs(at(0, progressing), SILENT)).to.deep.equal(announced);
    expect(verbs(at(0, progressing, { paused: true }), SILENT)).to.deep.equal(["deployments"]);
    expect(verbs(at(0, progressing), saying("Holding", "holding at 10%: open"))).to.deep.equal([
      "deployments",
    ]);
  });

  it("announces each wait once in a step, although it may pass and come back", () => {
    const unread = waitingFor("metrics", "holding at 10%: unread");
    const { writes } = retell(at(0), { writes: [], condition: SILENT });
    const { announced } = recordIn(writes) ?? {};
    expect(announced).to.deep.equal({ step: 0, waits: ["traffic"], now: "traffic" });
    const told = announced === undefined ? {} : { announced };
    expect(verbs(at(0, SILENT, told), SILENT)).to.deep.equal([]);
    const back = { announced: { step: 0, waits: ["traffic", "metrics"], now: "metrics" } } as const;
    expect(verbs(at(0, unread, back), SILENT)).to.deep.equal(["deployments", "replicasets"]);
    expect(verbs(at(0, SILENT, told), unread)).to.include("CanaryWaiting");
    expect(verbs(at(0, unread, { ...told, step: 1 }), SILENT)).to.include("CanaryWaiting");
  });

  it("announces a wait after the writes that come with it, since both may change the record", () => {
    expect(verbs(at(0), SILENT, [{}] as never)).to.deep.equal(["deployments"]);
    expect(verbs(at(0, SILENT), SILENT)).to.deep.equal(["CanaryWaiting", "replicasets"]);
  });
});
