import { instant } from "../text/instant.ts";
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
  if (Date.parse(run.judgedSince ?? run.started) >= restoredAt) return undefined;
  const { evidence: _of, ...rest } = run;
  return {
    writes: [
      ...rewrite(snapshot, { judgedSince: instant(Math.max(now, restoredAt)) }, rest),
      writeEvent(deployment, "Normal", "JudgedAgain", MESSAGE),
    ],
  };
}
