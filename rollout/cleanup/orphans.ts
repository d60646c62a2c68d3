import { controllerOf } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { settledOn, settleMs } from "../gateways/settle.ts";
import { FLIGHT, HASH_LABEL, HELD } from "../keys.ts";
import type { Decision } from "../stages/decision.ts";
import { equal } from "../text/equal.ts";
import { instant } from "../text/instant.ts";
import { isCanaryService } from "../traffic/canary-service.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { routeRecordOf, withShare } from "../traffic/route-record.ts";
import { serviceRecordOf } from "../traffic/service-record.ts";
import { deleteCanaryService, writeSelector, writeShares } from "../traffic/writes.ts";
import { MIN_READY_SECONDS } from "../workload/hold.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { hashOf } from "../workload/template.ts";
import { removeRunRecord, writeScale } from "../workload/writes.ts";

/**
 * Admission narrows the Services before the API server has stored the Deployment, and a later admission may still refuse
 * it: for so long (ms) a Service may be narrowed for a Deployment that is not in flight.
 */
const GRACE_MS = 10_000;
/** How often it is looked whether the pods of a canary without Deployment are gone, in ms. */
const STRAY_MS = 1_000;

/** What carries our mark, and the UIDs of the Deployments that are in flight. */
export interface SweepInput {
  readonly now: number;
  readonly inFlight: ReadonlySet<string>;
  /** UIDs of Deployments that were seen in flight and are no more, with the instant (ms) they left. */
  readonly ended?: ReadonlyMap<string, number>;
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly replicaSets: readonly ReplicaSet[];
}

/** Gives back what belongs to no rollout: its Deployment was deleted, recreated, or never took off. */
export function sweep(marked: SweepInput): Decision {
  const isOver = (uid: string | undefined) => uid !== undefined && !marked.inFlight.has(uid);
  // They select the version that native control is about to remove, or has removed.
  const urgent = marked.services.filter(
    (service) =>
      isOver(flightUidOf(service)) &&
      serviceRecordOf(service) !== undefined &&
      marked.replicaSets.some((set) => isAdopted(set) && isOfOneFlight(service, set)),
  );
  // All else of their flights comes in a later look, when they reach the pods that are to serve alone.
  const later = new Set(urgent.map(flightUidOf));
  const lost = (uid: string | undefined) => isOver(uid) && !later.has(uid);
  const routes = marked.routes.map((route) => sweepRoute(route, lost, marked.now));
  const attached = new Set(routes.flatMap(({ uids }) => uids));
  const isAttached = (object: Service | ReplicaSet) => attached.has(flightUidOf(object) ?? "");
  const orphans = marked.services.filter((service) => lost(flightUidOf(service)));
  const sets = marked.replicaSets.filter((set) => lost(flightUidOf(set)));
  const strays = sets.filter(isStray);
  // Before a Service selects all pods again, those that were never proven must be gone.
  const isEarly = (service: Service) => strays.some((set) => isOfOneFlight(service, set));
  const narrowed = orphans.filter((service) => serviceRecordOf(service) !== undefined && !isEarly(service));
  const late = narrowed.filter(
    (service) => ageOf(service, marked.now) >= GRACE_MS || hasEnded(service, marked),
  );
  // A twin goes after the routes that may name it have been given back, in a later look.
  const canaryServices = orphans
    .filter((service) => isLeftTwin(service) && !isAttached(service))
    .map(deleteCanaryService);
  const waits = [
    ...routes.map(({ waitMs }) => waitMs).filter((ms) => ms > 0),
    ...narrowed.map((service) => GRACE_MS - ageOf(service, marked.now)).filter((ms) => ms > 0),
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
    // An instant that is yet to come is nobody's: whoever wrote it gets no other sweep by it.
    ...(waits.length > 0 ? { waitMs: Math.min(GRACE_MS, ...waits) } : {}),
  };
}

/** An unproven canary that its Deployment has left behind (`--cascade=orphan`), with pods, and that is no other one's version. */
function isStray(set: ReplicaSet): boolean {
  const run = lastRunOf(set);
  const isUnproven = run?.outcome === "running" || run?.outcome === "failed";
  const isOwned = controllerOf(set) === flightUidOf(set);
  const pods = Math.max(set.spec.replicas ?? 0, set.status?.replicas ?? 0);
  return isUnproven && run.stable !== hashOf(set) && !isOwned && !isAdopted(set) && pods > 0;
}

/** A canary that another Deployment has taken over from the one that left it behind. */
function isTakenOver(set: ReplicaSet): boolean {
  const owner = controllerOf(set);
  return owner !== undefined && owner !== flightUidOf(set);
}

/**
 * A canary that has become the version of another Deployment, which scales down all others: native control sets its own
 * `minReadySeconds` on the ReplicaSet that it wants, and leaves the hold's on one that it removes.
 */
export function isAdopted(set: ReplicaSet): boolean {
  return isTakenOver(set) && set.spec.minReadySeconds !== MIN_READY_SECONDS;
}

function flightUidOf({ metadata }: Service | ReplicaSet): string | undefined {
  return metadata.labels?.[FLIGHT];
}

function isOfOneFlight(service: Service, set: ReplicaSet): boolean {
  return flightUidOf(service) === flightUidOf(set) && service.metadata.namespace === set.metadata.namespace;
}

/** A twin, or one that has lost its owner in the same way. */
function isLeftTwin(service: Service): boolean {
  const { ownerReferences = [], annotations = {} } = service.metadata;
  const isOrphan = ownerReferences.length === 0 && !(HELD in annotations);
  return isCanaryService(service) || (isOrphan && HASH_LABEL in (service.spec.selector ?? {}));
}

/**
 * Of the lost rollouts in a route first the traffic goes and, when that is in force, the twins: a proxy hears of Services and of
 * routes in its own order.
 */
function sweepRoute(route: Route, lost: (uid: string) => boolean, now: number) {
  const shares = routeRecordOf(route)?.shares ?? {};
  const uids = Object.keys(shares).filter(lost);
  const waitMs = (uid: string) => {
    const left = isExposed(shares[uid]) ? settleMs(route) : settledOn(route, uid) - now;
    // An instant further ahead than clocks differ is nobody's.
    return left > settleMs(route) + GRACE_MS ? 0 : left;
  };
  const kept = uids.reduce((rest, uid) => {
    const share = rest[uid];
    if (share === undefined || waitMs(uid) <= 0) return withShare(rest, uid, undefined);
    return isExposed(share) ? withShare(rest, uid, drained(share, instant(now))) : rest;
  }, shares);
  return {
    uids,
    waitMs: Math.max(0, ...uids.map(waitMs)),
    writes: equal(kept, shares) ? [] : [writeShares(route, kept)],
  };
}

function close(replicaSet: ReplicaSet, now: number): Write {
  const run = lastRunOf(replicaSet);
  if (run?.outcome === "proven")
    return removeRunRecord(replicaSet, { ...run, outcome: "promoted", ended: instant(now) });
  if (run?.outcome === "running")
    return removeRunRecord(replicaSet, { ...run, outcome: "undone", ended: instant(now) });
  return removeRunRecord(replicaSet);
}

/** Narrowed for a flight that has ended (its Deployment was deleted), not for one that may be about to start. */
function hasEnded(service: Service, { ended }: SweepInput): boolean {
  const at = ended?.get(flightUidOf(service) ?? "");
  return at !== undefined && Date.parse(serviceRecordOf(service)?.since ?? "") < at;
}

function ageOf(service: Service, now: number): number {
  return now - Date.parse(serviceRecordOf(service)?.since ?? "");
}
