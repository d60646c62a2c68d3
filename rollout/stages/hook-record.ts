import type { Write } from "../../kube/core/writes.ts";
import type { Hook } from "../plan/hooks.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { writeRunRecord } from "../workload/writes.ts";
import { recordOf, replicaSetOfRecord, type Snapshot, uidOf } from "./snapshot.ts";

/** Whether the rollout's record says that this hook needs no call any more. */
export function isDone(snapshot: Snapshot, hook: Hook): boolean {
  return recordOf(snapshot)?.hooks?.includes(hook.name) === true;
}

/** The record with these hooks done, and what else is new in it. */
export function recordDone(
  snapshot: Snapshot,
  hooks: readonly Hook[],
  more: Partial<RunRecord> = {},
): readonly Write[] {
  const run = recordOf(snapshot);
  if (run === undefined) return [];
  const { unansweredSince: _since, ...rest } = run;
  return rewrite(
    snapshot,
    { ...more, hooks: [...(run.hooks ?? []), ...hooks.map(({ name }) => name)] },
    rest,
  );
}

/** The record with other values. */
export function rewrite(
  snapshot: Snapshot,
  change: Partial<RunRecord>,
  run = recordOf(snapshot),
): readonly Write[] {
  const replicaSet = replicaSetOfRecord(snapshot);
  return replicaSet && run ? [writeRunRecord(replicaSet, uidOf(snapshot), { ...run, ...change })] : [];
}
