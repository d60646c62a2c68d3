import { announce } from "./announce.ts";
import { type Answer, admitted, admittedNatively, denied, type Effect } from "./answer.ts";
import { type Autoscaler, autoscalerWarnings } from "./autoscaling.ts";
import { type Layer, withDefaults } from "./defaults.ts";
import { settledOn } from "./drain.ts";
import { isExposed } from "./exposure.ts";
import { settleMs } from "./gateway.ts";
import { entitled, missingGrant, strangerWarnings } from "./grants.ts";
import { type Held, hold, originalsOf, pause, release, updateOriginals, withHeld, withRoom } from "./hold.ts";
import { servicesOf } from "./isolation.ts";
import { neighbourDoubts } from "./neighbours.ts";
import type { Deployment, ReferenceGrant, ReplicaSet, Route, Service } from "./objects.ts";
import { planObstacle } from "./obstacle.ts";
import { flightOf } from "./overlay.ts";
import { isOptedIn, type Plan } from "./plan.ts";
import { heldBack, isWantedRoute, misnamed, unsplittable, wantedServices } from "./refusal.ts";
import { runOf } from "./run.ts";
import { surgeAt } from "./size.ts";
import { warnStranded } from "./stranded.ts";
import { findByTemplate, hashOf, onlyRestarted, sameTemplate } from "./template.ts";

/** How long admission may wait until weight 0 is in force, in ms; behind a slower gateway the undo must be repeated. */
const LONGEST_DRAIN_MS = 12_000;

/** What the cluster has beside the Deployment. */
export interface Reads {
  /** The Deployment's own. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Of its namespace. */
  readonly services: readonly Service[];
  readonly deployments: readonly Deployment[];
  /** Anywhere: all of them at rest, those in flight afterwards. */
  readonly routes: readonly Route[];
  /** Of the Deployment's namespace, if a route of another one names a Service of it. */
  readonly grants: readonly ReferenceGrant[];
  /** Of the Deployment's namespace. */
  readonly autoscalers?: readonly Autoscaler[];
}

/** A request that changes the version. */
export interface Change {
  readonly object: Deployment;
  readonly old: Deployment;
  readonly held: Held | undefined;
  /** Absent when not opted in or when the annotations are wrong: then `complaint` says how. */
  readonly plan: Plan | undefined;
  readonly complaint: string | undefined;
  /** The defaults that a rollout which begins now keeps. */
  readonly layers: readonly Layer[];
  readonly reads: Reads;
  /** RFC 3339. */
  readonly now: string;
}

/** A new template at rest, in flight, or the stable one that comes back. */
export function admitNewTemplate(request: Change): Answer {
  const { held, plan } = request;
  const change = withUsersPause(request);
  if (held !== undefined && returnsToStable(change, held)) return undo(change, held);
  if (plan === undefined) {
    if (change.complaint !== undefined && isOptedIn(change.object.metadata.annotations))
      return denied(change.complaint);
    return held === undefined ? admittedNatively(change.object, change.old) : denied(heldBack(held));
  }
  if (held === undefined) return atRest(change, plan);
  const { asked: _asked, ...rest } = held;
  const next: Held = { ...rest, phase: "canary", started: change.now };
  switch (held.phase) {
    case "promoting":
      return latchPromotion(change, plan);
    case "canary":
      return latch(change, next);
    case "failed":
    case "undone":
      return afterEnd(
        change,
        plan,
        { ...next, originals: originalsNow(change, held) },
        undoWarning(change, held),
      );
    default:
      return held.phase satisfies never;
  }
}

/** The rollout before has ended, but a proxy may still send its canary something: until none does, its pods stay. */
function afterEnd(change: Change, plan: Plan, held: Held, warnings: readonly string[]): Answer {
  const uid = change.old.metadata.uid ?? "";
  const pendingMs = drainedInAll(change);
  if (pendingMs > LONGEST_DRAIN_MS) return latch(change, held, warnings);
  const answer = begin(
    change,
    plan,
    held,
    warnings,
    pendingMs > 0 ? [{ kind: "drain", uid, undo: false }] : [],
  );
  return warnStranded(
    answer,
    change.reads.replicaSets.find((set) => hashOf(set) === held.stable),
  );
}

function atRest(change: Change, plan: Plan): Answer {
  const { object, old, reads } = change;
  if (plan.restart === "native" && onlyRestarted(object.spec.template, old.spec.template))
    return admittedNatively(object, old);
  if (object.spec.strategy?.type === "Recreate") {
    return native(change, "strategy Recreate: two versions of this Deployment may not run side by side");
  }
  if ((object.spec.replicas ?? 1) === 0) return native(change, "replicas is 0: nothing serves");
  const current = findByTemplate(reads.replicaSets, old.spec.template);
  const others = reads.replicaSets.filter(
    (set) => set !== current && (set.status?.availableReplicas ?? 0) > 0,
  );
  const originals = originalsOf(object.spec);
  const held: Held = { started: change.now, phase: "canary", stable: "", originals };
  if (others.length > 0 || current === undefined) {
    const proven = mostAvailable(others);
    if (proven === undefined)
      return native(change, "its first rollout has not completed: there is nothing to compare with");
    if (sameTemplate(proven.spec.template, object.spec.template))
      return native(change, "this is the version that still serves: there is nothing to judge");
    return latch(change, { ...held, stable: hashOf(proven) });
  }
  if ((current.status?.availableReplicas ?? 0) === 0) {
    return native(change, "no pod of the present version is available: there is nothing to compare with");
  }
  return begin(change, plan, { ...held, stable: hashOf(current) }, []);
}

/** Holds the new version: native control makes as many of its pods as the first step needs, and removes no old one. */
function begin(
  change: Change,
  plan: Plan,
  held: Held,
  warnings: readonly string[],
  before: readonly Effect[] = [],
): Answer {
  const { object, old, reads } = change;
  const { latched: _latched, ...record } = held;
  const found = servicesOf(stableTemplate(change, held), reads.services);
  const services = wantedServices(plan, found);
  // Only of what the plan names itself is told what it lacks: others must not keep this one from its rollout.
  const near = plan.routes === undefined ? routesOf(change) : reads.routes;
  const routes = near.filter((route) => isWantedRoute(plan, route, old.metadata.namespace ?? ""));
  const refusal =
    misnamed(plan, found) ??
    unsplittable(services, old, reads) ??
    missingGrant(services, routes, reads.grants) ??
    planObstacle(plan, services, routes);
  if (refusal !== undefined) return denied(refusal);
  const spec = hold(object.spec, surgeAt(plan, 0));
  const uid = old.metadata.uid ?? "";
  const isolate: Effect[] =
    services.length > 0 ? [{ kind: "isolate", services, uid, hash: held.stable }] : [];
  const told = [
    ...announce(plan, services, routes, change.layers),
    ...neighbourDoubts(plan, services, routes, reads.routes).map((doubt) => `serin: ${doubt}`),
    ...strangerWarnings(services, reads.routes, reads.grants).map((warning) => `serin: ${warning}`),
    ...autoscalerWarnings(reads.autoscalers ?? [], old),
    ...warnings,
  ];
  const kept = withDefaults(record, change.layers);
  return admitted(withHeld({ ...object, spec }, kept, old), told, [...before, ...isolate]);
}

/** Pauses the Deployment: what runs stays as it is until the controller has made the way free. */
function latch(change: Change, held: Held, warnings: readonly string[] = []): Answer {
  const { object, old } = change;
  const wasHeld = change.held !== undefined && change.held.phase !== "promoting";
  const { paused } = object.spec;
  const { paused: _paused, ...fields } = wasHeld ? originalsNow(change, held) : held.originals;
  const record: Held = { ...held, latched: true, originals: { ...fields, ...(paused ? { paused } : {}) } };
  // While paused, native control scales all versions to replicas + surge: a surge as it was moves the fewest pods.
  const present = (wasHeld ? old.spec.strategy : fields.strategy)?.rollingUpdate?.maxSurge ?? "25%";
  const { replicas = 1 } = object.spec;
  const pods = change.reads.replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
  const surge = withRoom(present, replicas, pods - replicas);
  const warning =
    "serin: another version is on its way; its traffic is taken back first, then this one's canary starts";
  const spec = pause(hold(object.spec, surge), true);
  const kept = withDefaults(record, change.layers);
  return admitted(withHeld({ ...object, spec }, kept, old), [warning, ...warnings]);
}

/** The version whose native promotion runs was proven: it is the stable one from now on. */
function latchPromotion(change: Change, plan: Plan): Answer {
  const proven = findByTemplate(change.reads.replicaSets, change.old.spec.template);
  if (proven === undefined) return atRest({ ...change, held: undefined }, plan);
  const originals = originalsOf(change.object.spec);
  return latch(change, { started: change.now, phase: "canary", stable: hashOf(proven), originals });
}

/** The stable template comes back: the native fields with it, and the weight goes before the first pod does. */
function undo(change: Change, held: Held): Answer {
  const { object, old } = change;
  const uid = old.metadata.uid ?? "";
  const { latched: _latched, asked: _asked, ...rest } = held;
  const originals = originalsNow(change, held);
  const spec =
    held.phase === "promoting" || held.phase === "undone" ? object.spec : release(object.spec, originals);
  const record: Held = { ...rest, phase: "undone", originals };
  const effects: Effect[] = isAttached(change) ? [{ kind: "drain", uid, undo: true }] : [];
  const pendingMs = drainedInAll(change);
  if (pendingMs > LONGEST_DRAIN_MS) {
    const wait = `its gateway needs up to ${Math.ceil(pendingMs / 1000)}s to follow; repeat this then`;
    return denied(`the canary's traffic is being taken back first, and ${wait}`, effects);
  }
  return admitted(withHeld({ ...object, spec }, record, old), [], effects);
}

/** How long (ms) until no proxy sends the canary anything, if its weight is taken now or has been. */
function drainedInAll(change: Change): number {
  const { old, now } = change;
  const uid = old.metadata.uid ?? "";
  const waits = routesOf(change).map((route) => {
    const flight = flightOf(route, uid);
    if (flight === undefined) return 0;
    return isExposed(flight) ? settleMs(route) : settledOn(route, uid) - Date.parse(now);
  });
  return Math.max(0, ...waits);
}

/** The request paused only if the user paused it: the plan's pause and the latch end with what was in flight. */
function withUsersPause(change: Change): Change {
  const { object, held, reads } = change;
  if (held === undefined || !object.spec.paused) return change;
  const plans = reads.replicaSets.some((set) => runOf(set, held.started)?.paused);
  const paused = held.latched || plans ? held.originals.paused : true;
  return { ...change, object: { ...object, spec: pause(object.spec, paused) } };
}

function isAttached(change: Change): boolean {
  const { uid = "" } = change.old.metadata;
  return routesOf(change).some((route) => flightOf(route, uid) !== undefined);
}

/** Those that may lead to the Deployment at all. */
function routesOf({ old, reads }: Change): readonly Route[] {
  return entitled(old.metadata.namespace ?? "", reads.routes, reads.grants);
}

function returnsToStable({ object, reads }: Change, held: Held): boolean {
  const stable = reads.replicaSets.find((set) => hashOf(set) === held.stable);
  return stable !== undefined && sameTemplate(stable.spec.template, object.spec.template);
}

function originalsNow({ object, old }: Change, held: Held): Held["originals"] {
  if (held.phase === "promoting" || held.phase === "undone") return originalsOf(object.spec);
  return updateOriginals(held.originals, old.spec, object.spec);
}

function stableTemplate({ old, reads }: Change, held: Held) {
  return reads.replicaSets.find((set) => hashOf(set) === held.stable)?.spec.template ?? old.spec.template;
}

function mostAvailable(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
  return sets.toSorted((a, b) => available(b) - available(a))[0];
}

function native({ object, old }: Change, why: string): Answer {
  return admittedNatively(object, old, [`serin: native rolling update, no canary: ${why}`]);
}

/** A plain undo goes to the revision before, which is the failed one. */
function undoWarning({ old, reads }: Change, held: Held): readonly string[] {
  if (held.phase !== "failed") return [];
  const revision = (set: ReplicaSet | undefined) =>
    set?.metadata.annotations?.["deployment.kubernetes.io/revision"];
  const stable = revision(reads.replicaSets.find((set) => hashOf(set) === held.stable));
  const failed = revision(findByTemplate(reads.replicaSets, old.spec.template));
  return [
    `serin: kubectl rollout undo would go to the failed revision ${failed}; the stable one is --to-revision=${stable}`,
  ];
}
