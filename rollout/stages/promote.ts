import { conditionOf } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import { instant } from "../text/instant.ts";
import { heldServiceOf } from "../traffic/service-record.ts";
import { writeWiden } from "../traffic/writes.ts";
import { givenBack } from "../workload/hold.ts";
import {
  canaryCondition,
  writeConditions,
  writeEnd,
  writeEvent,
  writeHeld,
  writeUnmark,
} from "../workload/writes.ts";
import { type Decision, firstOf } from "./decision.ts";
import { detachRoutes, drain, leaveRoutes, removeTwins } from "./drain.ts";
import { rewrite } from "./hook-record.ts";
import { callAfterwards, pendingAfterwards } from "./post-rollout.ts";
import { canaryHash, recordOf, replicaSetOfRecord, replicasOf, type Seen } from "./snapshot.ts";

/**
 * Proven: both versions may serve from here on, and the native rolling update finishes with the pods that were judged. The
 * twins leave the routes without any weight: a proxy that hears of a backend's end before it hears of the new weights would
 * answer with errors (Envoy, whose clusters and routes come on separate streams).
 */
export function decideProven(seen: Seen): Decision {
  return firstOf([awaitUnpaused, widenServices, drain, leaveRoutes, releaseHold], seen);
}

/** The native rolling update runs; afterwards nothing of ours stays but the record. */
export function decidePromoting(seen: Seen): Decision {
  return firstOf([widenServices, detachRoutes, awaitComplete, removeTwins, tellHooks, end], seen);
}

function awaitUnpaused(seen: Seen): Decision | undefined {
  if (!seen.deployment.spec.paused) return undefined;
  const message = "proven; the Deployment is paused: kubectl rollout resume promotes";
  return { writes: [], says: { status: "Unknown", reason: "Holding", message } };
}

/** The user's Services as their owners wrote them. */
export function widenServices(seen: Seen): Decision | undefined {
  const narrowed = seen.services.filter((service) => heldServiceOf(service) !== undefined);
  return narrowed.length === 0 ? undefined : { writes: narrowed.map(writeWiden) };
}

/**
 * The native deadline counts from Progressing.lastUpdateTime, which is as old as the canary; refreshed right before the
 * fields come back, native control sees a rollout that has just begun.
 */
function releaseHold(seen: Seen): Decision {
  const at = instant(seen.now);
  const present = conditionOf(seen.deployment.status?.conditions, "Progressing");
  const progressing = {
    ...present,
    type: "Progressing",
    status: "True",
    reason: "ReplicaSetUpdated",
    message: `ReplicaSet "${replicaSetOfRecord(seen)?.metadata.name}" is progressing.`,
    lastUpdateTime: at,
  } as const;
  const message = recordOf(seen)?.message ?? "";
  const canary = canaryCondition({ status: "Unknown", reason: "Promoting", message }, at);
  return {
    writes: [
      writeConditions(seen.deployment, [progressing, canary]),
      writeHeld(seen.deployment, { ...seen.held, phase: "promoting" }, givenBack(seen.held.originals)),
    ],
  };
}

/** All replicas are of the judged version, available, and no other pod is left. */
export function isComplete({ deployment }: Pick<Seen, "deployment">): boolean {
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

function awaitComplete(seen: Seen): Decision | undefined {
  return isComplete(seen) ? undefined : { writes: [] };
}

/** People need not wait for the hooks that are called afterwards: the end is told before. */
function tellHooks(seen: Seen): Decision | undefined {
  if (pendingAfterwards(seen).length === 0) return undefined;
  if (recordOf(seen)?.outcome === "promoted") return callAfterwards(seen, "Succeeded");
  return { writes: [...tellEnd(seen), ...rewrite(seen, { outcome: "promoted", ended: instant(seen.now) })] };
}

function tellEnd(seen: Seen): readonly Write[] {
  const message = recordOf(seen)?.message ?? "";
  const condition = canaryCondition({ status: "True", reason: "Promoted", message }, instant(seen.now));
  return [
    writeConditions(seen.deployment, [condition]),
    writeEvent(seen.deployment, "Normal", "Promoted", `${canaryHash(seen)} serves: ${message}`),
  ];
}

function end(seen: Seen): Decision {
  const at = instant(seen.now);
  const run = recordOf(seen);
  return {
    writes: [
      ...(run?.outcome === "promoted" ? [] : tellEnd(seen)),
      writeEnd(seen.deployment),
      ...seen.replicaSets.map((set) =>
        set === replicaSetOfRecord(seen) && run !== undefined
          ? writeUnmark(set, { ...run, outcome: "promoted", ended: run.ended ?? at })
          : writeUnmark(set),
      ),
    ],
  };
}
