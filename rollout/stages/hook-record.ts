import type { Write } from "../../kube/core/writes.ts";
import type { Hook } from "../plan/hooks.ts";
import type { Run } from "../workload/run-record.ts";
import { writeMark } from "../workload/writes.ts";
import { recordOf, replicaSetOfRecord, type Seen, uidOf } from "./snapshot.ts";

/** Whether the rollout's record says that this hook needs no call any more. */
export function isDone(seen: Seen, hook: Hook): boolean {
  return recordOf(seen)?.hooks?.includes(hook.name) === true;
}

/** The record with these hooks done, and what else is new in it. */
export function recordDone(seen: Seen, hooks: readonly Hook[], more: Partial<Run> = {}): readonly Write[] {
  const run = recordOf(seen);
  if (run === undefined) return [];
  const { unansweredSince: _since, ...rest } = run;
  return rewrite(seen, { ...more, hooks: [...(run.hooks ?? []), ...hooks.map(({ name }) => name)] }, rest);
}

/** The record with other values. */
export function rewrite(seen: Seen, change: Partial<Run>, run = recordOf(seen)): readonly Write[] {
  const replicaSet = replicaSetOfRecord(seen);
  return replicaSet && run ? [writeMark(replicaSet, uidOf(seen), { ...run, ...change })] : [];
}
