import { keyOf } from "../../kube/core/meta.ts";
import { FLIGHT } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { isTwinCurrent, twinName, twinOf } from "../traffic/canary-service.ts";
import { NONE } from "../traffic/exposure.ts";
import { isNarrowedTo } from "../traffic/isolation.ts";
import { mendTwin, writeNarrow, writeTwin, writeWiden } from "../traffic/writes.ts";
import { surgePods } from "../workload/surge.ts";
import { writeEvent, writeMark, writeScale, writeSurge } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { attach, routedServices } from "./expose.ts";
import { deadlineIn, overdue, refusal, unhealthy } from "./health.ts";
import { mayServe } from "./hook-gates.ts";
import { takeBack } from "./rollback.ts";
import { makeRoom, refill } from "./scale.ts";
import {
  canaryHash,
  isRouted,
  recordOf,
  replicasOf,
  type Seen,
  stableOf,
  uidOf,
  wantedSurge,
} from "./snapshot.ts";

/** Native control must have made the canary's ReplicaSet; it gets the rollout's record. */
export function awaitCanary(seen: Seen): Decision | undefined {
  if (seen.canary === undefined) {
    const message = seen.deployment.spec.paused
      ? "the Deployment is paused: kubectl rollout resume starts the canary"
      : "waiting for the canary's ReplicaSet";
    return { writes: markAll(seen)?.writes ?? [], says: { status: "Unknown", reason: "Preparing", message } };
  }
  if (recordOf(seen) !== undefined) return undefined;
  const now = instant(seen.now);
  const { started, stable } = seen.held;
  const message = `canary ${seen.canary.metadata.name} beside stable ${stableOf(seen)?.metadata.name ?? stable}`;
  const run = { started, outcome: "running", step: 0, stepSince: now, stable, message } as const;
  return {
    writes: [
      ...(markAll(seen)?.writes ?? []),
      writeMark(seen.canary, uidOf(seen), run),
      writeEvent(seen.deployment, "Normal", "CanaryStarted", message),
    ],
    says: { status: "Unknown", reason: "Preparing", message },
  };
}

/** Every ReplicaSet that takes part is marked, so that its changes are seen. */
export function markAll(seen: Seen): Decision | undefined {
  const unmarked = seen.replicaSets.filter(({ metadata }) => metadata.labels?.[FLIGHT] !== uidOf(seen));
  const writes = unmarked.filter((set) => set !== seen.canary).map((set) => writeMark(set, uidOf(seen)));
  return writes.length === 0 ? undefined : { writes };
}

/** A name that `serin.dev/routes` gives to no route of these Services: with a slip the canary would be behind none. */
export function checkRoutes(seen: Seen): Decision | undefined {
  const home = seen.deployment.metadata.namespace ?? "";
  const found = seen.routes.map(keyOf);
  const wrong = seen.plan.routes?.find(
    ({ namespace = home, name }) => !found.includes(`${namespace}/${name}`),
  );
  if (wrong === undefined) return undefined;
  const services = seen.services.map(({ metadata }) => metadata.name).join(", ");
  return takeBack(
    seen,
    `serin.dev/routes: no route "${wrong.name}" names a Service of these pods (${services || "none"})`,
  );
}

/** Behind a route the Services select the stable pods only; without one, the canary gets its share through them, once it may. */
export function isolate(seen: Seen): Decision | undefined {
  if (seen.routes.length === 0 && mayServe(seen)) {
    const narrowed = seen.services.filter((service) => isNarrowedTo(service, seen.held.stable));
    return narrowed.length === 0 ? undefined : { writes: narrowed.map(writeWiden) };
  }
  const open = seen.services.filter((service) => !isNarrowedTo(service, seen.held.stable));
  const since = instant(seen.now);
  if (open.length === 0) return undefined;
  return { writes: open.map((service) => writeNarrow(service, uidOf(seen), seen.held.stable, since)) };
}

/** Fails fast on pods that cannot get well. */
export function checkHealth(seen: Seen): Decision | undefined {
  const reason = unhealthy(seen);
  return reason === undefined ? undefined : takeBack(seen, reason);
}

/**
 * The canary's size for the granted weight, and both versions' sizes where native control lost their proportion (a scale
 * through small numbers or zero). In this order it respects the repair: surge to the canary's present size, stable to
 * full size, surge to what is wanted, canary to that.
 */
export function size(seen: Seen): Decision | undefined {
  const { deployment, canary } = seen;
  const observed = (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  const stable = stableOf(seen);
  if (!observed || canary === undefined || stable === undefined) return { writes: [] };
  const wanted = replicasOf(deployment);
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  const present = canary.spec.replicas ?? 0;
  // Native control would take a stable pod that is not ready yet before one that is left of a version before.
  const left = seen.replicaSets.filter(
    (set) => set !== stable && set !== canary && (set.spec.replicas ?? 0) > 0,
  );
  if (left.length > 0) return { writes: left.map((set) => writeScale(set, 0)) };
  const short = refill(seen);
  if (short !== undefined) return short;
  // Native control scales all versions of a paused Deployment to replicas + surge: less would take stable pods first, and
  // more would give some to the stable version. So the canary's size waits for the resume, too.
  if (deployment.spec.paused) return makeRoom(seen);
  if (surge !== wantedSurge(seen)) return { writes: [writeSurge(deployment, wantedSurge(seen))] };
  const pods = surgePods(surge, wanted);
  return present > pods ? { writes: [writeScale(canary, pods)] } : undefined;
}

/** A twin beside every Service that a route names. */
export function makeTwins(seen: Seen): Decision | undefined {
  const writes = routedServices(seen).flatMap((service) => {
    const wanted = twinOf(service, seen.deployment, canaryHash(seen));
    const twin = seen.twins.find((candidate) => candidate.metadata.name === wanted.metadata.name);
    if (twin === undefined) return [writeTwin(wanted)];
    return isTwinCurrent(twin, wanted) ? [] : [mendTwin(twin, wanted)];
  });
  return writes.length === 0 ? undefined : { writes };
}

/**
 * Enough ready pods for the granted weight, and the endpoints of every twin with them. While a twin has none at all it
 * cannot carry any weight, so what it had is taken back until it can again.
 */
export function awaitReady(seen: Seen): Decision | undefined {
  const pods = surgePods(wantedSurge(seen), replicasOf(seen.deployment));
  const twins = routedServices(seen).map((service) => twinName(service.metadata.name));
  const fewest = Math.min(
    seen.canary?.status?.readyReplicas ?? 0,
    ...twins.map((twin) => seen.endpoints.get(twin) ?? 0),
  );
  if (fewest >= pods) return undefined;
  const late = overdue(seen, pods);
  if (late !== undefined) return takeBack(seen, late);
  const message = `waiting for ${pods} ready canary pods, ${fewest} so far${refusal(seen)}`;
  const says = { status: "Unknown", reason: "Preparing", message } as const;
  if (fewest === 0 && isRouted(seen)) return { writes: attach(seen, () => NONE), says };
  return { writes: [], says, waitMs: deadlineIn(seen) };
}
