import { instant } from "../text/instant.ts";
import { holdFields, pause } from "../workload/hold.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { hashOf } from "../workload/template.ts";
import { writeHeld, writeMark, writeScale, writeUnmark } from "../workload/writes.ts";
import { type Decision, firstOf } from "./decision.ts";
import { drain, isolateStable } from "./drain.ts";
import { markAll } from "./prepare.ts";
import { forgetFailure } from "./rollback.ts";
import { refill } from "./scale.ts";
import { replicasOf, type Seen, stableOf, uidOf, wantedSurge } from "./snapshot.ts";

/**
 * A new template came while another version was in flight or in its native promotion. Admission paused the Deployment, so
 * that no pod moves; here the way is made free: no traffic to what is superseded, the stable version at full size and
 * alone in its Services, then the latch opens and native control starts the new canary.
 */
export function decideLatched(seen: Seen): Decision {
  return firstOf(
    [forgetFailure, markAll, drain, fillStable, isolateStable, closeRecords, emptyOthers, openLatch],
    seen,
  );
}

/** The version that was in flight keeps a record of how it ended. */
function closeRecords(seen: Seen): Decision | undefined {
  const ended = instant(seen.now);
  const writes = seen.replicaSets.flatMap((replicaSet) => {
    const run = lastRunOf(replicaSet);
    if (run?.outcome !== "running" && run?.outcome !== "proven") return [];
    const outcome = hashOf(replicaSet) === seen.held.stable ? "promoted" : "superseded";
    return [writeMark(replicaSet, uidOf(seen), { ...run, outcome, ended })];
  });
  return writes.length === 0 ? undefined : { writes };
}

/** The stable version alone carries everything: all its pods ready before any other goes. */
function fillStable(seen: Seen): Decision | undefined {
  const stable = stableOf(seen);
  if (stable === undefined) return { writes: [] };
  const short = refill(seen);
  if (short !== undefined) return short;
  const wanted = replicasOf(seen.deployment);
  if ((stable.status?.readyReplicas ?? 0) < wanted) {
    const message = `a new version waits until all ${wanted} pods of the stable one are ready`;
    return { writes: [], says: { status: "Unknown", reason: "Preparing", message } };
  }
  return undefined;
}

function emptyOthers(seen: Seen): Decision | undefined {
  const others = seen.replicaSets.filter(
    (replicaSet) => hashOf(replicaSet) !== seen.held.stable && (replicaSet.spec.replicas ?? 0) > 0,
  );
  if (others.length === 0) return undefined;
  return { writes: others.map((replicaSet) => writeScale(replicaSet, 0)) };
}

function openLatch(seen: Seen): Decision {
  const { latched: _latched, ...held } = seen.held;
  const gone = seen.replicaSets.filter(
    (replicaSet) => hashOf(replicaSet) !== seen.held.stable && replicaSet !== seen.canary,
  );
  const { paused } = pause(seen.deployment.spec, held.originals.paused);
  const { strategy } = holdFields(wantedSurge(seen));
  return {
    writes: [...gone.map((set) => writeUnmark(set)), writeHeld(seen.deployment, held, { paused, strategy })],
  };
}
