import { conditionOf } from "../../kube/core/meta.ts";
import { isObserved } from "../../kube/core/observed.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Write } from "../../kube/core/writes.ts";
import { instant } from "../text/instant.ts";
import { changesWay, isIsolatedTo } from "../traffic/isolation.ts";
import { isIsolated } from "../traffic/service-record.ts";
import { writeSelector, writeTurn } from "../traffic/writes.ts";
import { progressDeadlineMs, restoredFields } from "../workload/hold.ts";
import {
  canaryCondition,
  removeRunRecord,
  writeConditions,
  writeEnd,
  writeEvent,
  writeHoldRecord,
} from "../workload/writes.ts";
import { tellingAt } from "./condition.ts";
import { type Decision, firstOf, unlessDone } from "./decision.ts";
import { detachRoutes, drain, drainUnanswered, removeCanaryServices, restoreRoutes } from "./drain.ts";
import { rewrite } from "./hook-record.ts";
import { callAfterwards, pendingAfterwards } from "./post-rollout.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";
import { reportStalled } from "./stalled.ts";
import { tellEnd } from "./tell-end.ts";
import { waitingFor } from "./wait.ts";

/**
 * Promotes a proven canary: both versions may serve now, and the native rolling update finishes with the judged pods. The
 * canary Services lose their weight before they leave the routes: a proxy that hears of a backend's end before it hears of
 * the new weights would answer with errors (Envoy, whose clusters and routes come on separate streams).
 */
export function decidePromotion(snapshot: Snapshot): Decision {
  // An order promotes whatever is ready, and the user may pause for long.
  const stages = [drainUnanswered, awaitUnpaused, restoreServices, drain, detachRoutes, releaseHold];
  return firstOf(stages, snapshot);
}

/** Waits for the native rolling update, then removes everything of Serin but the run record. */
export function decidePromoting(snapshot: Snapshot): Decision {
  return firstOf([restoreServices, awaitPromoted, removeCanaryServices, callLastHooks, end], snapshot);
}

function awaitUnpaused(snapshot: Snapshot): Decision | undefined {
  if (!snapshot.deployment.spec.paused) return undefined;
  const message = "proven; the Deployment is paused: kubectl rollout resume promotes";
  return { writes: [], condition: waitingFor("person", message) };
}

/**
 * Restores the user's Services as their owners wrote them. A Service with another way to the new version would fail before
 * the pods of the old one: it selects only the proven version until no other pod is left. An order promotes a version
 * before its pods are ready, too; such a Service then stays with the stable version until the first of them is.
 */
function restoreServices(snapshot: Snapshot): Decision | undefined {
  const { uid, now, canaryHash } = snapshot;
  const isTurned = (service: Service) => isIsolatedTo(service, canaryHash) && !isPromoted(snapshot);
  const isolated = isolatedServices(snapshot).filter((service) =>
    changesWay(service) ? !stableAnswersAlone(snapshot) : !isTurned(service),
  );
  const write = (service: Service) =>
    changesWay(service) ? writeTurn(service, uid, canaryHash, instant(now)) : writeSelector(service);
  return unlessDone(isolated.map(write));
}

function stableAnswersAlone({ judged, stable }: Snapshot): boolean {
  return (stable?.status?.readyReplicas ?? 0) > 0 && (judged?.status?.readyReplicas ?? 0) === 0;
}

/** Restores the user's Services at once, as their owners wrote them. */
export function restoreAll(snapshot: Snapshot): Decision | undefined {
  return unlessDone(isolatedServices(snapshot).map(writeSelector));
}

/** The user's Services that are isolated. */
export function isolatedServices({ services }: Snapshot): readonly Service[] {
  return services.filter(isIsolated);
}

function isPromoted(snapshot: Snapshot): boolean {
  return snapshot.held.phase === "promoting" && isComplete(snapshot);
}

/** Gives the user's fields back to native control. */
function releaseHold(snapshot: Snapshot): Decision {
  const { lost: _lost, ...held } = snapshot.held;
  return {
    writes: [
      ...renewProgress(snapshot),
      writeHoldRecord(
        snapshot.deployment,
        { ...held, phase: "promoting", detached: instant(snapshot.now) },
        restoredFields(snapshot.deployment.spec, snapshot.held.originals),
      ),
    ],
  };
}

/**
 * The native deadline counts from Progressing.lastUpdateTime, which may be as old as the canary. If half of it is over, Serin
 * renews it right before it restores the fields, so that native control sees a rollout that has just begun.
 */
function renewProgress({ now, deployment, held, judged }: Snapshot): readonly Write[] {
  const present = conditionOf(deployment.status?.conditions, "Progressing");
  const age = now - Date.parse(present?.lastUpdateTime ?? "");
  if (present?.status === "True" && age < progressDeadlineMs(held.originals) / 2) return [];
  const progressing = {
    ...present,
    type: "Progressing",
    status: "True",
    reason: "ReplicaSetUpdated",
    message: `ReplicaSet "${judged?.metadata.name}" is progressing.`,
    lastUpdateTime: instant(now),
  } as const;
  return [writeConditions(deployment, [progressing])];
}

/** Whether all replicas are of the judged version and available, and no other pod is left. */
export function isComplete({ deployment }: Pick<Snapshot, "deployment">): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
  const wanted = replicasOf(deployment);
  return (
    isObserved(deployment) &&
    replicas === wanted &&
    updatedReplicas === wanted &&
    availableReplicas === wanted
  );
}

/** Waits for the routes and for the pods. Behind a slow gateway, the routes take longer. */
function awaitPromoted(snapshot: Snapshot): Decision | undefined {
  const left = restoreRoutes(snapshot) ?? (isComplete(snapshot) ? undefined : { writes: [] });
  const message = snapshot.run?.message ?? "";
  const condition = { status: "Unknown", reason: "Promoting", message } as const;
  return left && reportStalled(snapshot, { condition, ...left });
}

/** Reports the end before it calls the last hooks and sends notices, so that people need not wait for them. */
function callLastHooks(snapshot: Snapshot): Decision | undefined {
  const { run } = snapshot;
  if (run === undefined || (pendingAfterwards(snapshot).length === 0 && !snapshot.tellsEnd)) return undefined;
  if (run.outcome === "promoted")
    return callAfterwards(snapshot, "Succeeded") ?? tellEnd(snapshot, run.message);
  return {
    writes: [
      ...reportEnd(snapshot),
      ...rewrite(snapshot, { outcome: "promoted", ended: instant(snapshot.now) }),
    ],
  };
}

function reportEnd(snapshot: Snapshot): readonly Write[] {
  const message = snapshot.run?.message ?? "";
  const condition = canaryCondition({ status: "True", reason: "Promoted", message }, tellingAt(snapshot));
  return [
    writeConditions(snapshot.deployment, [condition]),
    writeEvent(
      snapshot.deployment,
      "Normal",
      "Promoted",
      `${snapshot.canaryHash} serves: ${weightsOf(snapshot)}${message}`,
    ),
  ];
}

/** The weights that were in force, because brief steps have no Event of their own: `10→25→50%, `. */
function weightsOf({ run }: Snapshot): string {
  const weights = run?.course?.map(({ weight }) => weight).filter((weight) => weight > 0) ?? [];
  const different = weights.filter((weight, i) => weight !== weights[i - 1]);
  return different.length < 2 ? "" : `${different.join("→")}%, `;
}

function end(snapshot: Snapshot): Decision {
  const at = instant(snapshot.now);
  const { run } = snapshot;
  return {
    writes: [
      ...(run?.outcome === "promoted" ? [] : reportEnd(snapshot)),
      writeEnd(snapshot.deployment),
      ...snapshot.replicaSets.map((set) =>
        set === snapshot.judged && run !== undefined
          ? removeRunRecord(set, { ...run, outcome: "promoted", ended: run.ended ?? at })
          : removeRunRecord(set),
      ),
    ],
  };
}
