import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { HASH_LABEL, HELD } from "../keys.ts";
import type { Decision } from "../stages/decision.ts";
import { instant } from "../text/instant.ts";
import { isCanaryService } from "../traffic/canary-service.ts";
import { isIsolated } from "../traffic/service-record.ts";
import { deleteCanaryService, writeSelector } from "../traffic/writes.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { removeRunRecord, writeScale } from "../workload/writes.ts";
import { type GraceInput, graceMs, isWithoutPods, lookMs } from "./grace.ts";
import { hasEndedIn, isLost, sweepRoute } from "./lost-shares.ts";
import { isAdopted, isOfSameRollout, isStray, isTakenOver, rolloutUidOf } from "./strays.ts";

/** The longest time (ms) to the next sweep: an instant in the future, forged or from a skewed clock, must not delay it. */
const LONGEST_WAIT_MS = 10_000;
/** How often (ms) Serin checks whether the pods of a canary without a Deployment are gone. */
const STRAY_MS = 1_000;

/** The objects with Serin's mark, and the Deployments in flight. */
export interface SweepInput extends GraceInput {
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  /** The UIDs of the rollouts that have lost a share of a route that comes in a later sweep. */
  readonly attached?: ReadonlySet<string>;
  readonly replicaSets: readonly ReplicaSet[];
}

/** Restores objects without a rollout: the Deployment was deleted or recreated, or its update never stored. */
export function sweep(marked: SweepInput): Decision {
  const isOver = (object: Service | ReplicaSet) => {
    const uid = rolloutUidOf(object);
    return uid !== undefined && hasEndedIn(object.metadata.namespace, uid, marked);
  };
  // These select a version that native control is about to remove, or has removed.
  const urgent = marked.services.filter(
    (service) =>
      isOver(service) &&
      isIsolated(service) &&
      marked.replicaSets.some((set) => isAdopted(set) && isOfSameRollout(service, set)),
  );
  // The other objects of these rollouts come in a later sweep, when the Services select the pods that will serve alone.
  const later = new Set(urgent.map(rolloutUidOf));
  const lost = (object: Service | ReplicaSet) => isOver(object) && !later.has(rolloutUidOf(object));
  const routes = marked.routes.map((route) =>
    sweepRoute(
      route,
      (uid, { namespace }) => !later.has(uid) && isLost(route, { uid, namespace }, marked),
      marked,
    ),
  );
  const attached = new Set([...routes.flatMap(({ uids }) => uids), ...(marked.attached ?? [])]);
  const isAttached = (object: Service | ReplicaSet) => attached.has(rolloutUidOf(object) ?? "");
  const orphans = marked.services.filter(lost);
  const sets = marked.replicaSets.filter(lost);
  const strays = sets.filter(isStray);
  // Before a Service selects all pods again, the unproven pods must be gone. Native control may keep those that another
  // Deployment has taken over for as long as its own pods are not ready: then nobody must wait for an answer.
  const isEarly = (service: Service) =>
    strays.some(
      (set) =>
        isOfSameRollout(service, set) && !(isTakenOver(set) && isWithoutPods(service, marked.versions)),
    );
  const isolated = orphans.filter((service) => isIsolated(service) && !isEarly(service));
  const late = isolated.filter((service) => graceMs(service, marked) === 0);
  // Serin deletes a canary Service in a later sweep, after it has restored the routes that may name it.
  const canaryServices = orphans
    .filter((service) => isLeftCanaryService(service) && !isAttached(service))
    .map(deleteCanaryService);
  const waits = [
    ...routes.map(({ waitMs }) => waitMs).filter((ms) => ms > 0),
    ...isolated.map((service) => lookMs(service, marked)).filter((ms) => ms > 0),
    ...strays.map(() => STRAY_MS),
  ];
  const sizes = strays.filter((set) => !isTakenOver(set) && set.spec.replicas !== 0 && !isAttached(set));
  const ended = sets.filter((set) => !strays.includes(set));
  return {
    writes: [
      ...urgent.map(writeSelector),
      ...routes.flatMap(({ writes }) => writes),
      ...canaryServices,
      ...sizes.map((set) => writeScale(set, 0)),
      ...late.map(writeSelector),
      ...ended.map((set) => close(set, marked.now)),
    ],
    ...(waits.length > 0 ? { waitMs: Math.min(LONGEST_WAIT_MS, ...waits) } : {}),
  };
}

/** A canary Service, or one that has lost its owner by `--cascade=orphan`. */
function isLeftCanaryService(service: Service): boolean {
  const { ownerReferences = [], annotations = {} } = service.metadata;
  const isOrphan = ownerReferences.length === 0 && !(HELD in annotations);
  return isCanaryService(service) || (isOrphan && HASH_LABEL in (service.spec.selector ?? {}));
}

function close(replicaSet: ReplicaSet, now: number): Write {
  const run = lastRunOf(replicaSet);
  if (run?.outcome === "proven")
    return removeRunRecord(replicaSet, { ...run, outcome: "promoted", ended: instant(now) });
  if (run?.outcome === "running")
    return removeRunRecord(replicaSet, { ...run, outcome: "undone", ended: instant(now) });
  return removeRunRecord(replicaSet);
}
