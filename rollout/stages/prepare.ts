import { isObserved } from "../../kube/core/observed.ts";
import type { Write } from "../../kube/core/writes.ts";
import { FLIGHT } from "../keys.ts";
import { weightAt } from "../plan/grant.ts";
import { PORT_USE } from "../preflight/ports.ts";
import { instant } from "../text/instant.ts";
import { canaryServiceOf } from "../traffic/canary-service.ts";
import { isIsolatedTo } from "../traffic/isolation.ts";
import { isCanaryServiceCurrent } from "../traffic/service-copy.ts";
import { createCanaryService, updateCanaryService, writeSelector } from "../traffic/writes.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { askedBy, keptRequests } from "../workload/requests.ts";
import { describeRow } from "../workload/superseded-row.ts";
import { canaryPods } from "../workload/surge.ts";
import { writeEvent, writeMark, writeRunRecord, writeScale, writeSurge } from "../workload/writes.ts";
import { abort } from "./asked.ts";
import { routedServices } from "./attach.ts";
import { type Decision, unlessDone } from "./decision.ts";
import { drainWrites, isolateStable } from "./drain.ts";
import { awaitTraffic } from "./expose.ts";
import { hadTraffic } from "./first-weight.ts";
import {
  deadlineIn,
  lastLost,
  overdue,
  portOverdue,
  restartsBefore,
  shortage,
  stepSince,
  unhealthy,
} from "./health.ts";
import { mayServe } from "./hook-gates.ts";
import { reachedPods } from "./lacking-port.ts";
import { awaitResize } from "./paused-size.ts";
import { rollBack } from "./rollback.ts";
import { emptyEarlier, raiseSurge, scaleUpStable } from "./scale.ts";
import { replicasOf, type Snapshot, wantedSurge } from "./snapshot.ts";
import { MOMENT_MS } from "./unmet.ts";
import { unsteady } from "./unsteady.ts";
import { whyNoSet } from "./why-no-set.ts";

/**
 * Waits until native control has created the canary's ReplicaSet, then writes the run record on it. If somebody deleted the
 * ReplicaSet in flight, the canary Services select no pod, so the canary loses its traffic.
 */
export function awaitCanary(snapshot: Snapshot): Decision | undefined {
  if (snapshot.canary === undefined) {
    const ordered = abort(snapshot);
    if (ordered !== undefined) return ordered;
    const follows = snapshot.held.asked === "promote" ? "promotes the new version" : "starts the canary";
    const message = snapshot.deployment.spec.paused
      ? `the Deployment is paused: kubectl rollout resume deployment/${snapshot.deployment.metadata.name} ${follows}`
      : `waiting for the canary's ReplicaSet${whyNoSet(snapshot)}`;
    return {
      writes: [
        ...drainWrites(snapshot),
        ...(markAll(snapshot)?.writes ?? []),
        // During this wait an open Service would lead to the kept pod of a failed version, and then to each pod of the canary,
        // before Serin has granted it anything.
        ...(isolateStable(snapshot)?.writes ?? []),
      ],
      condition: { status: "Unknown", reason: "Preparing", message },
    };
  }
  if (snapshot.run !== undefined) return undefined;
  const row = describeRow(snapshot.held);
  const message = `canary ${snapshot.canary.metadata.name} next to stable ${snapshot.stable?.metadata.name}${askedBy(snapshot.held, "update", "retry")}${row && `; ${row}`}`;
  return {
    writes: [
      ...(markAll(snapshot)?.writes ?? []),
      ...beginRecord(snapshot, message),
      writeEvent(snapshot.deployment, "Normal", "CanaryStarted", message),
    ],
    condition: { status: "Unknown", reason: "Preparing", message },
  };
}

/** Writes the first run record of the rollout on the canary's ReplicaSet. */
export function beginRecord(snapshot: Snapshot, message: string): readonly Write[] {
  const { now, held, uid, canary } = snapshot;
  const { started, stable } = held;
  const restarts = restartsBefore(snapshot);
  const begun = { started, outcome: "running", step: 0, stepSince: instant(now), stable, message } as const;
  const run = {
    ...begun,
    granted: weightAt(snapshot.plan, 0),
    ...(Object.keys(restarts).length > 0 && { restarts }),
    ...(held.defaults && { defaults: held.defaults }),
    ...keptRequests(held),
  };
  if (canary === undefined) return [];
  const isMarked = canary.metadata.labels?.[FLIGHT] === uid;
  return [(isMarked ? writeRunRecord : writeMark)(canary, uid, run)];
}

/** Marks every ReplicaSet in flight, so that the controller sees its changes. */
export function markAll(snapshot: Snapshot): Decision | undefined {
  const unmarked = snapshot.replicaSets.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== snapshot.uid);
  const writes = unmarked.filter((set) => set !== snapshot.canary).map((set) => writeMark(set, snapshot.uid));
  return unlessDone(writes);
}

/**
 * Isolates the Services behind a route. Without a route, the canary gets its share through them once the hooks agree, and once
 * Serin knows all Services: an unknown one may have a route.
 */
export function isolate(snapshot: Snapshot): Decision | undefined {
  if (snapshot.routes.length === 0 && mayServe(snapshot)) {
    if (snapshot.lacksServices) return undefined;
    const isolated = snapshot.services.filter((service) => isIsolatedTo(service, snapshot.held.stable));
    return unlessDone(isolated.map(writeSelector));
  }
  return isolateStable(snapshot);
}

/** Rolls back if pods cannot become ready. */
export function checkHealth(snapshot: Snapshot): Decision | undefined {
  const reason = unhealthy(snapshot);
  return reason === undefined ? undefined : rollBack(snapshot, reason);
}

/**
 * Sizes the canary for the granted weight, and repairs both sizes if native control has lost their proportion, as a scale
 * through small numbers does. The order keeps stable pods: stable version to full size, surge to the wanted size, canary to
 * that size.
 */
export function size(snapshot: Snapshot): Decision | undefined {
  const { deployment, canary } = snapshot;
  if (!isObserved(deployment) || canary === undefined) return awaitNativeControl(snapshot);
  const wanted = replicasOf(deployment);
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  const present = canary.spec.replicas ?? 0;
  const short = emptyEarlier(snapshot) ?? scaleUpStable(snapshot);
  if (short !== undefined) return short;
  // Native control scales all versions of a paused Deployment to replicas + surge. A smaller surge would take stable pods
  // first, and a larger one would add some. So Serin sizes the canary after the resume.
  if (deployment.spec.paused) return raiseSurge(snapshot);
  if (surge !== wantedSurge(snapshot)) return { writes: [writeSurge(deployment, wantedSurge(snapshot))] };
  const pods = canaryPods(surge, wanted);
  return present > pods ? { writes: [writeScale(canary, pods)] } : undefined;
}

/** A passing wait; only before the first weight is it worth a sentence. */
function awaitNativeControl(snapshot: Snapshot): Decision {
  if (hadTraffic(snapshot)) return { writes: [] };
  const { generation } = snapshot.deployment.metadata;
  const message = `native control has not seen generation ${generation} of the Deployment`;
  return { writes: [], condition: { status: "Unknown", reason: "Preparing", message } };
}

/** Creates or updates the canary Service of every Service that a route names. */
export function ensureCanaryServices(snapshot: Snapshot): Decision | undefined {
  const writes = routedServices(snapshot).flatMap((service) => {
    const wanted = canaryServiceOf(service, snapshot.deployment, snapshot.canaryHash);
    const canaryService = snapshot.canaryServices.find(
      (candidate) => candidate.metadata.name === wanted.metadata.name,
    );
    if (canaryService === undefined) return [createCanaryService(wanted)];
    return isCanaryServiceCurrent(canaryService, wanted) ? [] : [updateCanaryService(canaryService, wanted)];
  });
  return unlessDone(writes);
}

/**
 * Whether a loss of pods is noted, and no older than the deadline beside the newest pod: after an outage of Serin, pods may be
 * new that have nothing to do with it.
 */
function isLossNoted({ run, pods, held }: Snapshot): boolean {
  if (run?.unroutedSince === undefined) return false;
  const newest = Math.max(0, ...pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "")));
  return newest - Date.parse(run.unroutedSince) <= progressDeadlineMs(held.originals);
}

/**
 * Waits for the pods of the granted weight, and for as many endpoints of every canary Service that have the routes' ports.
 */
export function awaitReady(snapshot: Snapshot): Decision | undefined {
  const pods = canaryPods(wantedSurge(snapshot), replicasOf(snapshot.deployment));
  const { pods: fewest, lacking } = reachedPods(snapshot);
  if (fewest >= pods) return undefined;
  const late = overdue(snapshot, pods) ?? unsteady(snapshot) ?? (lacking && portOverdue(snapshot, lacking));
  if (late !== undefined) return rollBack(snapshot, late);
  const resized = awaitResize(snapshot, pods);
  if (resized !== undefined) return resized;
  const port = lacking === undefined ? "" : `: ${lacking}: ${PORT_USE}`;
  const message = `waiting for ready canary pods, ${fewest} of ${pods} so far${shortage(snapshot)}${port}`;
  const condition = { status: "Unknown", reason: "Preparing", message } as const;
  const arePodsReady = (snapshot.canary?.status?.readyReplicas ?? 0) >= pods;
  // Endpoints follow pods within a moment. If they do not, no pod's deadline would end the wait. Neither would it if each
  // pod ends or is deleted, as by an eviction, and native control replaces it by another one of the same fate. A deleted pod
  // is soon out of sight, but its loss is noted.
  const isEndless = isLossNoted(snapshot) || arePodsReady || lastLost(snapshot) !== undefined;
  if (isEndless && hadTraffic(snapshot) && snapshot.now - stepSince(snapshot) > MOMENT_MS)
    return awaitTraffic(snapshot, message, undefined);
  return { writes: [], condition, waitMs: deadlineIn(snapshot) };
}
