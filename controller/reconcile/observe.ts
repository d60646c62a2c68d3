import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { type KubeObject, keyOf } from "../../kube/core/meta.ts";
import { replicaSets } from "../../kube/core/resources.ts";
import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HASH_LABEL, HELD } from "../../rollout/keys.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { isWantedRoute, wantedServices } from "../../rollout/preflight/selection.ts";
import { isCutOff } from "../../rollout/stages/expose.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { isCanaryService } from "../../rollout/traffic/canary-service.ts";
import { permitted } from "../../rollout/traffic/grants.ts";
import { servicesOf } from "../../rollout/traffic/isolation.ts";
import { servicesNamed } from "../../rollout/traffic/overlay.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import { serviceRecordOf } from "../../rollout/traffic/service-record.ts";
import { type HoldRecord, holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { planOf } from "../../rollout/workload/plan-of.ts";
import { runRecordOf } from "../../rollout/workload/run-record.ts";
import { findByTemplate, hashOf } from "../../rollout/workload/template.ts";
import type { Caches } from "./caches.ts";
import { byKey, type RelatedObjects, RelatedReader } from "./related.ts";

/**
 * Reads all that a decision about one rollout needs. From the caches; what carries no label yet is listed: once at each
 * step, and when somebody has deleted one of them, the user's Services and routes, and ReplicaSets as long as one of them
 * may not be marked.
 */
export class Observer {
  readonly #kube: Kube;
  readonly #caches: Caches;
  readonly #clock: Clock;
  readonly #surroundings: RelatedReader;

  constructor({ kube, caches, clock }: { kube: Kube; caches: Caches; clock: Clock }) {
    this.#kube = kube;
    this.#caches = caches;
    this.#clock = clock;
    this.#surroundings = new RelatedReader({ kube, caches, clock });
  }

  /** Everything about the Deployment with this UID; `undefined` when no rollout of it is in flight. */
  async observe(uid: string): Promise<Snapshot | undefined> {
    const deployment = this.#caches.deployment(uid);
    const held = deployment && holdRecordOf(deployment);
    if (deployment === undefined || held === undefined) {
      this.#surroundings.forget(uid);
      return undefined;
    }
    const plan = planOf(deployment);
    const sets = await this.#replicaSetsOf(deployment, held);
    const canary = findByTemplate(sets, deployment.spec.template);
    const isStable = canary !== undefined && hashOf(canary) === held.stable;
    const step = sets.map((set) => runRecordOf(set, held.started)?.step).find((index) => index !== undefined);
    const around = await this.#surroundings.of(deployment, held.started, step ?? 0);
    const inFlight = this.#caches.services.list().filter((service) => isMarkedFor(deployment, service));
    const template =
      sets.find((set) => hashOf(set) === held.stable)?.spec.template ?? deployment.spec.template;
    const own = wantedServices(plan, servicesOf(template, merge(around.services, byKey(inFlight, keyOf))));
    const pods = canary === undefined || isStable ? [] : await this.#podsOf(deployment, canary, held.stable);
    const of = (hash: string) => pods.filter(({ metadata }) => metadata.labels?.[HASH_LABEL] === hash);
    const snapshot: Snapshot = {
      now: this.#clock.now(),
      deployment,
      held,
      plan,
      replicaSets: sets,
      canary,
      services: own,
      formerServices: inFlight.filter(
        (service) => serviceRecordOf(service) !== undefined && !own.some(isSame(service)),
      ),
      canaryServices: inFlight.filter(isCanaryService),
      routes: this.#routesOf(deployment, plan, around, own),
      endpoints: this.#endpointsOf(deployment),
      pods: canary === undefined ? [] : of(hashOf(canary)),
      stablePods: of(held.stable),
    };
    // What comes back carries no label: nothing would tell of it.
    if (isCutOff(snapshot)) this.#surroundings.lookAgain(uid);
    return snapshot;
  }

  /** Keeps what a write returned: it may carry no label any more, or not yet. */
  remember(uid: string, object: { metadata: { namespace?: string; name: string } }, kind: string): void {
    this.#surroundings.remember(uid, object, kind);
  }

  /** Looks at the user's Services and routes anew, the next time. */
  forget(uid: string): void {
    this.#surroundings.outdate(uid);
  }

  #podsOf({ metadata: { uid = "", namespace = "" } }: Deployment, canary: ReplicaSet, stable: string) {
    return this.#caches.podsOf(uid, namespace, [hashOf(canary), stable]);
  }

  async #replicaSetsOf(deployment: Deployment, held: HoldRecord): Promise<readonly ReplicaSet[]> {
    const { uid = "", namespace, generation = 0 } = deployment.metadata;
    const marked = this.#caches.replicaSets
      .list()
      .filter((set) => isMarkedFor(deployment, set) && isOwned(set, uid));
    const { stable } = held;
    const observed = (deployment.status?.observedGeneration ?? 0) >= generation;
    const expected = observed && deployment.spec.paused !== true;
    // A version that was left before we could mark it is known by what native control copied onto it.
    const mayBeLeft = held.latched === true || held.phase === "undone";
    const complete =
      !mayBeLeft &&
      marked.some((set) => hashOf(set) === stable) &&
      (!expected || findByTemplate(marked, deployment.spec.template));
    if (complete) return marked;
    const labels = Object.entries(deployment.spec.selector.matchLabels ?? {});
    const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(",");
    const { items } = await this.#kube.list<ReplicaSet>(replicaSets, { namespace }, { labelSelector });
    const own = items.filter((set) => isOwned(set, uid));
    const current = findByTemplate(own, deployment.spec.template);
    return own.filter(
      (set) =>
        set === current ||
        set.metadata.labels?.[FLIGHT] === uid ||
        set.metadata.annotations?.[HELD] !== undefined ||
        hashOf(set) === stable ||
        (set.spec.replicas ?? 0) > 0,
    );
  }

  #routesOf(
    deployment: Deployment,
    plan: Plan,
    around: RelatedObjects,
    own: readonly Service[],
  ): readonly Route[] {
    const { uid = "", namespace = "" } = deployment.metadata;
    const names = new Set(own.map(({ metadata }) => metadata.name));
    const all = merge(around.routes, byKey(this.#caches.routes(), routeKeyOf));
    return permitted(namespace, all, around.grants).filter((route) => {
      if (shareOf(route, uid) !== undefined) return true;
      if (!isWantedRoute(plan, route, namespace)) return false;
      return [...servicesNamed(route, namespace)].some((name) => names.has(name));
    });
  }

  #endpointsOf(deployment: Deployment): ReadonlyMap<string, number> {
    const ready = new Map<string, Set<string>>();
    for (const slice of this.#caches.endpointSlices.list()) {
      if (!isMarkedFor(deployment, slice)) continue;
      const { metadata, endpoints } = slice;
      const service = metadata.labels?.["kubernetes.io/service-name"] ?? "";
      const addresses = ready.get(service) ?? new Set();
      for (const { addresses: [address = ""] = [], conditions } of endpoints ?? []) {
        if (conditions?.ready !== false) addresses.add(address);
      }
      ready.set(service, addresses);
    }
    return new Map([...ready].map(([service, addresses]) => [service, addresses.size]));
  }
}

/** Marked, and of its namespace: anybody may write any mark on what is his own. */
function isMarkedFor({ metadata: { uid, namespace } }: Deployment, { metadata }: KubeObject): boolean {
  return metadata.labels?.[FLIGHT] === uid && metadata.namespace === namespace;
}

function isOwned({ metadata }: ReplicaSet, uid: string): boolean {
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}

function isSame({ metadata }: Service): (other: Service) => boolean {
  return (other) => other.metadata.name === metadata.name;
}

/** What was found at the start, where newer where a cache has it. */
function merge<T>(found: Map<string, T>, cached: Map<string, T>): T[] {
  return [...new Map([...found, ...cached]).values()];
}
