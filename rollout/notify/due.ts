import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { CONDITION } from "../keys.ts";
import type { Moment } from "../plan/notify.ts";
import type { Decision } from "../stages/decision.ts";
import { type Snapshot, stepIndex } from "../stages/snapshot.ts";
import { waitIn, waitOf } from "../stages/wait.ts";
import { lastRunOf, type RunRecord } from "../workload/run-record.ts";

/** A moment that receivers may hear of now. The same moment has the same id, whoever finds it. */
export interface DueMoment {
  readonly id: string;
  readonly moment: Moment;
  /** The moment in the record of who was told: `waiting/2`. */
  readonly key: string;
  /** The rollout's name: `started` of its record. */
  readonly started: string;
  readonly says: string;
  /** The record that is about it, on its ReplicaSet; absent: the canary has none. */
  readonly record?: { readonly set: ReplicaSet; readonly run: RunRecord };
}

/** A wait that a controller has seen begin (ms). A new controller counts from its own first sight. */
export interface SeenWait {
  readonly key: string;
  readonly says: string;
  readonly since: number;
}

/** How long (ms) a wait lasts before people hear of it. */
const PATIENCE_MS = { waiting: 60_000, stuck: 600_000 } as const;
/** How old (ms) a begin or a rollback may be: a receiver that is added does not hear of last week. */
const NEWS_MS = 3_600_000;

/** The moments that the snapshot and the decision on it show. */
export function dueMoments(
  snapshot: Snapshot,
  decision: Decision,
  wait: SeenWait | undefined,
): readonly DueMoment[] {
  const { uid, held, judged, run, now } = snapshot;
  const record = judged && run && { set: judged, run };
  const due = (moment: Moment, key: string, says: string): DueMoment => ({
    id: `${uid}/${held.started}/${key}`,
    moment,
    key,
    started: held.started,
    says,
    ...(record && { record }),
  });
  const isNew = (time: string | undefined) => now - Date.parse(time ?? "") < NEWS_MS;
  const began = run?.outcome === "running" && isNew(held.started);
  const waits = wait !== undefined && now - wait.since >= PATIENCE_MS[momentOf(wait)];
  const unrecorded = unrecordedFailure(snapshot);
  return [
    ...(began ? [due("started", "started", run.message)] : []),
    ...(waits ? [due(momentOf(wait), wait.key, wait.says)] : []),
    ...(isNew(unrecorded?.lastUpdateTime)
      ? [due("rolled-back", "rolled-back", unrecorded?.message ?? "")]
      : []),
    ...snapshot.replicaSets.flatMap((set) => rolledBack(uid, set, isNew)),
    ...(decision.ends === undefined ? [] : [due(comingEnd(snapshot), comingEnd(snapshot), decision.ends)]),
  ];
}

/** The end that a rollout in this phase comes to. */
export function comingEnd({ held }: Snapshot): Extract<Moment, "promoted" | "undone"> {
  return held.phase === "promoting" ? "promoted" : "undone";
}

/** The condition that tells a failure without a record: the canary had no ReplicaSet, or the API server refuses the record. */
function unrecordedFailure({ deployment, held, run }: Snapshot): Condition | undefined {
  if (held.phase !== "failed" || (run !== undefined && run.outcome !== "running")) return undefined;
  const told = conditionOf(deployment.status?.conditions, CONDITION);
  // The API server keeps whole seconds.
  const isOurs = Date.parse(told?.lastUpdateTime ?? "") + 1_000 > Date.parse(held.started);
  return told?.reason === "RolledBack" && isOurs ? told : undefined;
}

/** A rollback, also of the version before: a controller that died may have told nobody. */
function rolledBack(uid: string, set: ReplicaSet, isNew: (time: string | undefined) => boolean): DueMoment[] {
  const run = lastRunOf(set);
  if (run?.outcome !== "failed" || !isNew(run.ended)) return [];
  const moment = "rolled-back";
  const { started, message } = run;
  return [
    { id: `${uid}/${started}/${moment}`, moment, key: moment, started, says: message, record: { set, run } },
  ];
}

/** The wait that the decision shows: the one that was seen before, if it lasts, or a new one. */
export function seeWait(
  snapshot: Snapshot,
  decision: Decision,
  before: SeenWait | undefined,
): SeenWait | undefined {
  const { held, run, now } = snapshot;
  const isOver =
    held.phase !== "canary" || (run !== undefined && !["running", "proven"].includes(run.outcome));
  if (isOver) return undefined;
  const isRefused = run?.refusedSince !== undefined;
  // Between two writes a rollout is in no state that lasts.
  if (decision.writes.length > 0 && !isRefused) return before;
  const why = waitOf(snapshot, isRefused ? "api" : waitIn(decision.condition));
  if (why === undefined || why === "evidence") return undefined;
  const step = stepIndex(snapshot) + 1;
  const key = why === "person" ? `waiting/${step}` : `stuck/${step}/${why}`;
  const says = decision.condition?.message ?? run?.message ?? "";
  return { key, says, since: before?.key === key ? before.since : now };
}

/** When (ms from now) a wait becomes a moment; `undefined`: it is one, or nothing waits. */
export function waitDueIn(wait: SeenWait | undefined, now: number): number | undefined {
  if (wait === undefined) return undefined;
  const left = wait.since + PATIENCE_MS[momentOf(wait)] - now;
  return left > 0 ? left : undefined;
}

function momentOf({ key }: SeenWait): "waiting" | "stuck" {
  return key.startsWith("waiting/") ? "waiting" : "stuck";
}
