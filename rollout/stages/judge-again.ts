import { instant } from "../text/instant.ts";
import { begunAt } from "../workload/run-record.ts";
import { writeEvent } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { rewrite } from "./hook-record.ts";
import type { Snapshot } from "./snapshot.ts";

const MESSAGE =
  "etcd was restored from a backup, so the canary is judged by its requests from now on: those since the backup may be of other versions";

/**
 * Judges a canary anew that a restore of etcd brought back. The gateway counts by Services, so what it counted between the
 * backup and the restore may be the requests of a later version's canary, which prove nothing about this one.
 */
export function judgeAgain(snapshot: Snapshot): Decision | undefined {
  const { deployment, now, restoredAt, run } = snapshot;
  if (run === undefined || restoredAt === undefined) return undefined;
  const since = run.judgedSince === undefined ? begunAt(run, now) : Date.parse(run.judgedSince);
  if (since >= restoredAt) return undefined;
  // What the backup knows of the time before is no reason to end a wait now.
  const { evidence: _of, unansweredSince: _a, unroutedSince: _r, refusedSince: _f, ...rest } = run;
  const at = instant(Math.max(now, restoredAt));
  return {
    writes: [
      ...rewrite(snapshot, { judgedSince: at, stepSince: at }, rest),
      writeEvent(deployment, "Normal", "JudgedAgain", MESSAGE),
    ],
  };
}
