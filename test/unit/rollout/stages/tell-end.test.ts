import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { CONDITION, HELD } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { conditionOfRun } from "../../../../rollout/view/state.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
const SAID = "undone: web1 serves, web-web2 is gone";

/** A rollout of which nothing is left but its end. */
function ending(phase: "promoting" | "undone", outcome: RunRecord["outcome"], told?: string): Snapshot {
  const conditions = told === undefined ? [] : [aCondition(told)];
  const image = phase === "promoting" ? "web:2" : "web:1";
  const deployment = { ...aDeployment({ image }), status: { ...status, conditions } };
  const quiet = {
    services: [],
    routes: [],
    deployment,
    held: aHeld({ phase }),
    run: { outcome, message: "proven" },
  };
  return aRollout({ ...quiet, ...(phase === "undone" && { canary: aReplicaSet() }) });
}

function aCondition(message: string) {
  const reason = "Undone";
  return { type: CONDITION, status: "False" as const, reason, message, lastUpdateTime: AT_NOON };
}

function reasons({ writes }: ReturnType<typeof decide>): readonly string[] {
  return writes.map((write) => (write.verb === "event" ? write.reason : `${write.verb} ${write.kind}`));
}

describe("rollout/stages/tell-end", () => {
  it("reports a promotion first, then keeps its records until it is told", () => {
    const first = decide({ ...ending("promoting", "proven"), tellsEnd: true });
    expect(reasons(first)).to.include("Promoted");
    expect(JSON.stringify(first.writes)).to.not.include(
      `remove","path":"/metadata/annotations/${HELD.replace("/", "~1")}`,
    );
    const then = decide({ ...ending("promoting", "promoted"), tellsEnd: true });
    expect(then).to.deep.equal({ writes: [], ends: "proven" });
    const last = decide(ending("promoting", "promoted"));
    expect(reasons(last)).to.include("json deployments").and.not.include("Promoted");
  });

  it("reports an undo first, then keeps its records until it is told, and reports it once", () => {
    const first = decide({ ...ending("undone", "running"), tellsEnd: true });
    expect(reasons(first)).to.deep.equal(["Undone", "strategic deployments"]);
    const then = decide({ ...ending("undone", "running", SAID), tellsEnd: true });
    expect(then).to.deep.equal({ writes: [], ends: SAID });
    const last = decide(ending("undone", "running", SAID));
    expect(reasons(last)).to.include("json deployments").and.not.include("Undone");
    expect(reasons(decide(ending("undone", "running"))))
      .to.include("json deployments")
      .and.include("Undone");
  });

  it("reports an undo once, however far ahead the clock of the webhook began the rollout", () => {
    const present = { ...ending("undone", "running"), tellsEnd: true };
    const began = instant(present.now + 300_000);
    const ahead = { ...present, held: { ...present.held, started: began } };
    const first = decide(ahead);
    expect(reasons(first)).to.deep.equal(["Undone", "strategic deployments"]);
    const stored = first.writes.flatMap((write) =>
      write.verb === "strategic" ? ((write.body as Deployment).status?.conditions ?? []) : [],
    );
    const deployment = { ...ahead.deployment, status: { ...status, conditions: stored } };
    const later = { ...ahead, deployment, now: ahead.now + 1_000 };
    expect(decide(later)).to.deep.equal({ writes: [], ends: SAID });
    expect(conditionOfRun(later)?.message).to.equal(SAID);
  });

  it("reports an undo once, also if native control removes the ReplicaSet right after, as a history of 0 asks", () => {
    const { replicaSets, ...told } = ending("undone", "running", SAID);
    const set = replicaSets.filter((one) => one !== told.judged);
    const gone = { ...told, replicaSets: set, judged: undefined, run: undefined } as never as Snapshot;
    expect(decide({ ...gone, tellsEnd: true })).to.deep.equal({ writes: [], ends: SAID });
    expect(reasons(decide(gone)))
      .to.include("json deployments")
      .and.not.include("Undone");
    const { conditions: _none, ...untold } = told.deployment.status ?? {};
    const first = { ...gone, deployment: { ...told.deployment, status: untold } } as never as Snapshot;
    expect(reasons(decide(first))).to.include("Undone");
  });

  it("reports an undo once, also with half a character, which is stored as no character", () => {
    const present = ending("undone", "failed", "rolled back: why \ufffd");
    const message = "rolled back: why \ud83d";
    const cut = { ...present, run: { ...(present.run as RunRecord), message } };
    expect(decide({ ...cut, tellsEnd: true })).to.deep.equal({ writes: [], ends: message });
    expect(reasons(decide(cut))).to.not.include("Undone");
  });

  it("keeps the record of a promotion that a user left before it was told", () => {
    const { writes } = decide(ending("undone", "promoted", SAID));
    expect(JSON.stringify(writes)).to.include('\\"outcome\\":\\"promoted\\"').and.not.include('\\"undone\\"');
  });

  it("keeps nothing for nobody", () => {
    for (const phase of ["promoting", "undone"] as const)
      expect(decide(ending(phase, "running")).ends, phase).to.equal(undefined);
  });
});
