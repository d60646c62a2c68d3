import { isObserved } from "../../kube/core/observed.ts";
import { instant } from "../text/instant.ts";
import { holdFields, MIN_READY_SECONDS, pause } from "../workload/hold.ts";
import { isUnended, lastRunOf } from "../workload/run-record.ts";
import { hashOf } from "../workload/template.ts";
import {
  removeRunRecord,
  writeEvent,
  writeHoldRecord,
  writeMinReady,
  writeRunRecord,
  writeScale,
} from "../workload/writes.ts";
import { type Decision, firstOf, unlessDone } from "./decision.ts";
import { awaitSettled, drainUnanswered, isolateStable, takeTraffic } from "./drain.ts";
import { forgetFailure } from "./failure.ts";
import { awaitCapacity, awaitStable, forgetWait, isHelped } from "./latch.ts";
import { markAll } from "./prepare.ts";
import { scaleUpStable } from "./scale.ts";
import { type Snapshot, wantedSurge } from "./snapshot.ts";

/**
 * Supersedes a version in flight or in its native promotion. Admission paused the Deployment, so that no pod changes. Serin
 * brings the stable version to full size, takes all traffic from the superseded version, isolates the Services to the stable
 * one, and then ends the pause, so that native control starts the new canary.
 */
export function decideSuperseding(snapshot: Snapshot): Decision {
  return firstOf(
    [
      forgetFailure,
      markAll,
      drainUnanswered,
      // Nobody judges the version that has traffic: it loses that also while native control is away.
      (latched) => (isObserved(latched.deployment) ? scaleUpStable(latched) : undefined),
      awaitStable,
      isolateAlone,
      forgetWait,
      takeTraffic,
      awaitCapacity,
      isolateStable,
      awaitSettled,
      scaleUpStable,
      closeRecords,
      emptyOthers,
      releaseStable,
      openLatch,
    ],
    snapshot,
  );
}

/**
 * Isolates a Service that its owner has recreated, while no other proven version helps to serve: the Service gives the superseded
 * version more than its weight for as long as a route refuses the drain.
 */
function isolateAlone(snapshot: Snapshot): Decision | undefined {
  return isHelped(snapshot) ? undefined : isolateStable(snapshot);
}

/** Records the outcomes of the versions that were in flight before this rollout. */
export function closeRecords(snapshot: Snapshot): Decision | undefined {
  const { held } = snapshot;
  const ended = instant(snapshot.now);
  const writes = snapshot.replicaSets.flatMap((replicaSet) => {
    const run = lastRunOf(replicaSet);
    if (!isUnended(run) || run.started === held.started) return [];
    if (hashOf(replicaSet) === held.stable) {
      // An earlier version of Serin may have left "running" on a version that became stable without a verdict.
      const outcome = run.outcome === "proven" ? "promoted" : "superseded";
      return [writeRunRecord(replicaSet, snapshot.uid, { ...run, outcome, ended })];
    }
    const { name } = replicaSet.metadata;
    const message = `${name} was superseded by a newer template at step ${run.step + 1}; the last word about it: ${run.message}`;
    return [
      // Before the record that shows it was reported: after a crash between the two, Serin reports the same Event again.
      writeEvent(snapshot.deployment, "Normal", "Superseded", message),
      writeRunRecord(replicaSet, snapshot.uid, { ...run, outcome: "superseded", ended, message }),
    ];
  });
  return unlessDone(writes);
}

/** Removes the pods of the other versions, and waits until they are gone: an order to promote may restore the Services at once. */
function emptyOthers(snapshot: Snapshot): Decision | undefined {
  const others = snapshot.replicaSets.filter((set) => hashOf(set) !== snapshot.held.stable);
  const left = others.filter(({ spec }) => (spec.replicas ?? 0) > 0);
  if (left.length > 0) return { writes: left.map((set) => writeScale(set, 0)) };
  return others.some(({ status }) => (status?.replicas ?? 0) > 0) ? { writes: [] } : undefined;
}

/**
 * Ends the hold of a stable version that was superseded before native control had seen the end of it: with the hold's value, none
 * of its pods would count as available for the whole rollout.
 */
function releaseStable({ stable, held }: Snapshot): Decision | undefined {
  if (stable?.spec.minReadySeconds !== MIN_READY_SECONDS) return undefined;
  return { writes: [writeMinReady(stable, held.originals.minReadySeconds ?? 0)] };
}

function openLatch(snapshot: Snapshot): Decision {
  const { latched: _latched, waitingSince: _since, ...held } = snapshot.held;
  const gone = snapshot.replicaSets.filter(
    (replicaSet) => hashOf(replicaSet) !== snapshot.held.stable && replicaSet !== snapshot.canary,
  );
  const { paused } = pause(snapshot.deployment.spec, held.originals.paused);
  const { strategy } = holdFields(wantedSurge(snapshot));
  return {
    writes: [
      ...gone.map((set) => removeRunRecord(set)),
      writeHoldRecord(snapshot.deployment, { ...held, resumed: instant(snapshot.now) }, { paused, strategy }),
    ],
  };
}
