import { conditionOf } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import { instant } from "../text/instant.ts";
import { serviceRecordOf } from "../traffic/service-record.ts";
import { writeSelector } from "../traffic/writes.ts";
import { restoredFields } from "../workload/hold.ts";
import {
  canaryCondition,
  removeRunRecord,
  writeConditions,
  writeEnd,
  writeEvent,
  writeHoldRecord,
} from "../workload/writes.ts";
import { type Decision, firstOf } from "./decision.ts";
import { drain, drainRoutes, removeCanaryServices, restoreRoutes } from "./drain.ts";
import { rewrite } from "./hook-record.ts";
import { callAfterwards, pendingAfterwards } from "./post-rollout.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/**
 * Proven: both versions may serve from here on, and the native rolling update finishes with the pods that were judged. The
 * twins leave the routes without any weight: a proxy that hears of a backend's end before it hears of the new weights would
 * answer with errors (Envoy, whose clusters and routes come on separate streams).
 */
export function decidePromotion(snapshot: Snapshot): Decision {
  return firstOf([awaitUnpaused, restoreServices, drain, drainRoutes, releaseHold], snapshot);
}

/** The native rolling update runs; afterwards nothing of ours stays but the record. */
export function decidePromoting(snapshot: Snapshot): Decision {
  return firstOf(
    [restoreServices, restoreRoutes, awaitComplete, removeCanaryServices, tellHooks, end],
    snapshot,
  );
}

function awaitUnpaused(snapshot: Snapshot): Decision | undefined {
  if (!snapshot.deployment.spec.paused) return undefined;
  const message = "proven; the Deployment is paused: kubectl rollout resume promotes";
  return { writes: [], condition: { status: "Unknown", reason: "Holding", message } };
}

/** The user's Services as their owners wrote them. */
export function restoreServices(snapshot: Snapshot): Decision | undefined {
  const narrowed = snapshot.services.filter((service) => serviceRecordOf(service) !== undefined);
  return narrowed.length === 0 ? undefined : { writes: narrowed.map(writeSelector) };
}

/**
 * The native deadline counts from Progressing.lastUpdateTime, which is as old as the canary; refreshed right before the
 * fields come back, native control sees a rollout that has just begun.
 */
function releaseHold(snapshot: Snapshot): Decision {
  const at = instant(snapshot.now);
  const present = conditionOf(snapshot.deployment.status?.conditions, "Progressing");
  const progressing = {
    ...present,
    type: "Progressing",
    status: "True",
    reason: "ReplicaSetUpdated",
    message: `ReplicaSet "${snapshot.judged?.metadata.name}" is progressing.`,
    lastUpdateTime: at,
  } as const;
  const message = snapshot.run?.message ?? "";
  const canary = canaryCondition({ status: "Unknown", reason: "Promoting", message }, at);
  return {
    writes: [
      writeConditions(snapshot.deployment, [progressing, canary]),
      writeHoldRecord(
        snapshot.deployment,
        { ...snapshot.held, phase: "promoting" },
        restoredFields(snapshot.held.originals),
      ),
    ],
  };
}

/** All replicas are of the judged version, available, and no other pod is left. */
export function isComplete({ deployment }: Pick<Snapshot, "deployment">): boolean {
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = deployment.status ?? {};
  const wanted = replicasOf(deployment);
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    replicas === wanted &&
    updatedReplicas === wanted &&
    availableReplicas === wanted
  );
}

function awaitComplete(snapshot: Snapshot): Decision | undefined {
  return isComplete(snapshot) ? undefined : { writes: [] };
}

/** People need not wait for the hooks that are called afterwards: the end is told before. */
function tellHooks(snapshot: Snapshot): Decision | undefined {
  if (pendingAfterwards(snapshot).length === 0) return undefined;
  if (snapshot.run?.outcome === "promoted") return callAfterwards(snapshot, "Succeeded");
  return {
    writes: [
      ...tellEnd(snapshot),
      ...rewrite(snapshot, { outcome: "promoted", ended: instant(snapshot.now) }),
    ],
  };
}

function tellEnd(snapshot: Snapshot): readonly Write[] {
  const message = snapshot.run?.message ?? "";
  const condition = canaryCondition({ status: "True", reason: "Promoted", message }, instant(snapshot.now));
  return [
    writeConditions(snapshot.deployment, [condition]),
    writeEvent(snapshot.deployment, "Normal", "Promoted", `${snapshot.canaryHash} serves: ${message}`),
  ];
}

function end(snapshot: Snapshot): Decision {
  const at = instant(snapshot.now);
  const { run } = snapshot;
  return {
    writes: [
      ...(run?.outcome === "promoted" ? [] : tellEnd(snapshot)),
      writeEnd(snapshot.deployment),
      ...snapshot.replicaSets.map((set) =>
        set === snapshot.judged && run !== undefined
          ? removeRunRecord(set, { ...run, outcome: "promoted", ended: run.ended ?? at })
          : removeRunRecord(set),
      ),
    ],
  };
}
