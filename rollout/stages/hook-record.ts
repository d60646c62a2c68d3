import type { Write } from "../../kube/core/writes.ts";
import type { Hook } from "../plan/hooks.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { writeRunRecord } from "../workload/writes.ts";
import type { Snapshot } from "./snapshot.ts";

/** Whether the run record says that this hook needs no further call. */
export function isDone(snapshot: Snapshot, hook: Hook): boolean {
  return snapshot.run?.hooks?.includes(hook.name) === true;
}

/** Writes the run record with these hooks done and with `more`. */
export function recordDone(
  snapshot: Snapshot,
  hooks: readonly Hook[],
  more: Partial<RunRecord> = {},
): readonly Write[] {
  const { run } = snapshot;
  if (run === undefined) return [];
  const { unansweredSince: _since, ...rest } = run;
  return rewrite(
    snapshot,
    { ...more, hooks: [...(run.hooks ?? []), ...hooks.map(({ name }) => name)] },
    rest,
  );
}

/** Writes the run record with changed values. */
export function rewrite(
  snapshot: Snapshot,
  change: Partial<RunRecord> = {},
  run = snapshot.run,
): readonly Write[] {
  const { judged } = snapshot;
  return judged && run ? [writeRunRecord(judged, snapshot.uid, { ...run, ...change })] : [];
}
