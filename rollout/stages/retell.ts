import { conditionOf } from "../../kube/core/meta.ts";
import { CONDITION } from "../keys.ts";
import { writeEvent } from "../workload/writes.ts";
import { report } from "./condition.ts";
import { withCourse } from "./course.ts";
import type { Decision } from "./decision.ts";
import { rewrite } from "./hook-record.ts";
import { type Snapshot, stepIndex } from "./snapshot.ts";

/** How often (ms) the numbers of the metrics are recorded within a step. */
const RECORD_MS = 30_000;

/**
 * Tells people what a decision says: in the condition `Canary`, once per step and wait in an Event, and its numbers in the
 * run record, so that programs read them without the metrics. The record is written only together with the condition.
 */
export function retell(snapshot: Snapshot, decision: Decision): Decision {
  const reported = report(snapshot, decision.condition);
  if (reported.writes.length === 0) return reported;
  return {
    ...reported,
    writes: [...announceWait(snapshot, decision), ...reported.writes, ...recordProgress(snapshot, decision)],
  };
}

/** An Event when a rollout begins to hold. A pause of the plan has one of its own. */
function announceWait({ deployment, run, ...rest }: Snapshot, { condition }: Decision) {
  if (condition?.reason !== "Holding" || run?.paused || run === undefined) return [];
  const present = conditionOf(deployment.status?.conditions, CONDITION);
  if (present?.reason === "Holding") return [];
  const step = `step ${stepIndex({ ...rest, deployment, run }) + 1} of ${rest.plan.steps.length}`;
  return [writeEvent(deployment, "Normal", "CanaryWaiting", `${step}: ${condition.message}`)];
}

function recordProgress(snapshot: Snapshot, { writes }: Decision) {
  const { run, evidence, judgeInput } = snapshot;
  const at = evidence?.judged?.at;
  // Another write of the same record would make the API server refuse this one.
  if (writes.length > 0 || run === undefined || judgeInput === undefined || at === undefined) return [];
  const before = run.progress?.at ?? run.evidence?.at ?? judgeInput.from;
  return at - before < RECORD_MS ? [] : rewrite(snapshot, {}, withCourse(snapshot, run));
}
