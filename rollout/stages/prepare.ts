import { keyOf } from "../../kube/core/meta.ts";
import { FLIGHT } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { canaryServiceName, canaryServiceOf, isCanaryServiceCurrent } from "../traffic/canary-service.ts";
import { NONE } from "../traffic/exposure.ts";
import { isIsolatedTo } from "../traffic/isolation.ts";
import { createCanaryService, updateCanaryService, writeSelector } from "../traffic/writes.ts";
import { surgePods } from "../workload/surge.ts";
import { writeEvent, writeRunRecord, writeScale, writeSurge } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { isolateStable } from "./drain.ts";
import { attach, routedServices } from "./expose.ts";
import { deadlineIn, overdue, refusal, unhealthy } from "./health.ts";
import { mayServe } from "./hook-gates.ts";
import { rollBack } from "./rollback.ts";
import { raiseSurge, scaleUpStable } from "./scale.ts";
import { isRouted, replicasOf, type Snapshot, wantedSurge } from "./snapshot.ts";

/** Native control must have made the canary's ReplicaSet; it gets the rollout's record. */
export function awaitCanary(snapshot: Snapshot): Decision | undefined {
  if (snapshot.canary === undefined) {
    const message = snapshot.deployment.spec.paused
      ? "the Deployment is paused: kubectl rollout resume starts the canary"
      : "waiting for the canary's ReplicaSet";
    return {
      writes: markAll(snapshot)?.writes ?? [],
      condition: { status: "Unknown", reason: "Preparing", message },
    };
  }
  if (snapshot.run !== undefined) return undefined;
  const now = instant(snapshot.now);
  const { started, stable } = snapshot.held;
  const message = `canary ${snapshot.canary.metadata.name} beside stable ${snapshot.stable?.metadata.name ?? stable}`;
  const run = { started, outcome: "running", step: 0, stepSince: now, stable, message } as const;
  return {
    writes: [
      ...(markAll(snapshot)?.writes ?? []),
      writeRunRecord(snapshot.canary, snapshot.uid, run),
      writeEvent(snapshot.deployment, "Normal", "CanaryStarted", message),
    ],
    condition: { status: "Unknown", reason: "Preparing", message },
  };
}

/** Every ReplicaSet that takes part is marked, so that its changes are seen. */
export function markAll(snapshot: Snapshot): Decision | undefined {
  const unmarked = snapshot.replicaSets.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== snapshot.uid);
  const writes = unmarked
    .filter((set) => set !== snapshot.canary)
    .map((set) => writeRunRecord(set, snapshot.uid));
  return writes.length === 0 ? undefined : { writes };
}

/** A name that `serin.dev/routes` gives to no route of these Services: with a slip the canary would be behind none. */
export function checkRoutes(snapshot: Snapshot): Decision | undefined {
  const home = snapshot.deployment.metadata.namespace ?? "";
  const found = snapshot.routes.map(keyOf);
  const wrong = snapshot.plan.routes?.find(
    ({ namespace = home, name }) => !found.includes(`${namespace}/${name}`),
  );
  if (wrong === undefined) return undefined;
  const services = snapshot.services.map(({ metadata }) => metadata.name).join(", ");
  return rollBack(
    snapshot,
    `serin.dev/routes: no route "${wrong.name}" names a Service of these pods (${services || "none"})`,
  );
}

/** Behind a route the Services select the stable pods only; without one, the canary gets its share through them, once it may. */
export function isolate(snapshot: Snapshot): Decision | undefined {
  if (snapshot.routes.length === 0 && mayServe(snapshot)) {
    const narrowed = snapshot.services.filter((service) => isIsolatedTo(service, snapshot.held.stable));
    return narrowed.length === 0 ? undefined : { writes: narrowed.map(writeSelector) };
  }
  return isolateStable(snapshot);
}

/** Fails fast on pods that cannot get well. */
export function checkHealth(snapshot: Snapshot): Decision | undefined {
  const reason = unhealthy(snapshot);
  return reason === undefined ? undefined : rollBack(snapshot, reason);
}

/**
 * The canary's size for the granted weight, and both versions' sizes where native control lost their proportion (a scale
 * through small numbers or zero). In this order it respects the repair: surge to the canary's present size, stable to
 * full size, surge to what is wanted, canary to that.
 */
export function size(snapshot: Snapshot): Decision | undefined {
  const { deployment, canary, stable } = snapshot;
  const observed = (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  if (!observed || canary === undefined || stable === undefined) return { writes: [] };
  const wanted = replicasOf(deployment);
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  const present = canary.spec.replicas ?? 0;
  // Native control would take a stable pod that is not ready yet before one that is left of a version before.
  const left = snapshot.replicaSets.filter(
    (set) => set !== stable && set !== canary && (set.spec.replicas ?? 0) > 0,
  );
  if (left.length > 0) return { writes: left.map((set) => writeScale(set, 0)) };
  const short = scaleUpStable(snapshot);
  if (short !== undefined) return short;
  // Native control scales all versions of a paused Deployment to replicas + surge: less would take stable pods first, and
  // more would give some to the stable version. So the canary's size waits for the resume, too.
  if (deployment.spec.paused) return raiseSurge(snapshot);
  if (surge !== wantedSurge(snapshot)) return { writes: [writeSurge(deployment, wantedSurge(snapshot))] };
  const pods = surgePods(surge, wanted);
  return present > pods ? { writes: [writeScale(canary, pods)] } : undefined;
}

/** A twin beside every Service that a route names. */
export function ensureCanaryServices(snapshot: Snapshot): Decision | undefined {
  const writes = routedServices(snapshot).flatMap((service) => {
    const wanted = canaryServiceOf(service, snapshot.deployment, snapshot.canaryHash);
    const canaryService = snapshot.canaryServices.find(
      (candidate) => candidate.metadata.name === wanted.metadata.name,
    );
    if (canaryService === undefined) return [createCanaryService(wanted)];
    return isCanaryServiceCurrent(canaryService, wanted) ? [] : [updateCanaryService(canaryService, wanted)];
  });
  return writes.length === 0 ? undefined : { writes };
}

/**
 * Enough ready pods for the granted weight, and the endpoints of every twin with them. While a twin has none at all it
 * cannot carry any weight, so what it had is taken back until it can again.
 */
export function awaitReady(snapshot: Snapshot): Decision | undefined {
  const pods = surgePods(wantedSurge(snapshot), replicasOf(snapshot.deployment));
  const canaryServices = routedServices(snapshot).map((service) => canaryServiceName(service.metadata.name));
  const fewest = Math.min(
    snapshot.canary?.status?.readyReplicas ?? 0,
    ...canaryServices.map((canaryService) => snapshot.endpoints.get(canaryService) ?? 0),
  );
  if (fewest >= pods) return undefined;
  const late = overdue(snapshot, pods);
  if (late !== undefined) return rollBack(snapshot, late);
  const message = `waiting for ${pods} ready canary pods, ${fewest} so far${refusal(snapshot)}`;
  const says = { status: "Unknown", reason: "Preparing", message } as const;
  if (fewest === 0 && isRouted(snapshot)) return { writes: attach(snapshot, () => NONE), condition: says };
  return { writes: [], condition: says, waitMs: deadlineIn(snapshot) };
}
