import { progressOf } from "../judge/progress.ts";
import { exposureAt } from "../plan/grant.ts";
import { isExposed } from "../traffic/exposure.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { type Snapshot, stepIndex } from "./snapshot.ts";

/** The most weights that a record keeps; a plan that changes in flight may grant more. */
const LONGEST = 50;

/**
 * The record with what is known now of the weight in force and of the evidence: a new controller reads only the ticks since then
 * again.
 */
export function withCourse(snapshot: Snapshot, run: RunRecord): RunRecord {
  const { judgeInput, evidence } = snapshot;
  const judged = evidence?.judged;
  const present = inForce(snapshot);
  const { course = [] } = run;
  const isNew = present !== undefined && course.at(-1)?.at !== present.at;
  return {
    ...run,
    ...(isNew && { course: [...course, present].slice(-LONGEST) }),
    ...(judged && { evidence: judged }),
    ...(judged && judgeInput && { progress: progressOf(judged, judgeInput.terms) }),
  };
}

/**
 * The last weight that the canary had, in percent, although it may have none now. A weight that was taken soon may not be in the
 * record: native control changes its ReplicaSet in that moment, and Serin does not let the drain wait for the note.
 */
export function lastWeight({ run, shares, held }: Snapshot): number | undefined {
  const noted = run?.course?.findLast(({ weight }) => weight > 0)?.weight;
  const taken = [...shares.values()].map(({ had }) => (had?.rollout === held.started ? had.weight : 0));
  const last = noted ?? Math.max(0, ...taken);
  return last > 0 ? last : undefined;
}

/**
 * The weight that the canary has now, and since when; a canary by pods has none that anybody counts. Of several routes the one
 * that was raised last tells it, as it does for the judge, so that a replay begins the step where the judge did.
 */
function inForce(snapshot: Snapshot) {
  const shares = [...snapshot.shares.values()].filter(isExposed);
  const share = shares.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since)).at(-1);
  if (share !== undefined) return { step: stepIndex(snapshot), weight: share.weight, at: share.since };
  const { inForceSince } = snapshot.run ?? {};
  if (snapshot.routes.length > 0 || inForceSince === undefined) return undefined;
  const { weight } = exposureAt(snapshot.plan, stepIndex(snapshot), { cookie: "", id: "" });
  return { step: stepIndex(snapshot), weight, at: inForceSince };
}
