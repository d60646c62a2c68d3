import type { Kube } from "../../kube/client/api.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import { keptBehind } from "../../kube/client/strangers.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { controllerOf, keyOf } from "../../kube/core/meta.ts";
import { isObserved } from "../../kube/core/observed.ts";
import { type LeanRoute, type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { isRoutePlural } from "../../kube/core/writes.ts";
import { fitTogether, readWhole, thatFit } from "../../kube/runtime/route-reads.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { isCutOff } from "../../rollout/stages/expose.ts";
import { foreignRoutesOf } from "../../rollout/stages/foreign-routes.ts";
import { missingRoute } from "../../rollout/stages/reachable.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { canaryOf, replicaSetsOf, snapshotOf } from "../../rollout/stages/snapshot-of.ts";
import { exposedFirst } from "../../rollout/traffic/exposed-first.ts";
import { permittedOrShared } from "../../rollout/traffic/grants.ts";
import { type HoldRecord, holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { leanReplicaSet } from "../../rollout/workload/lean-replica-set.ts";
import { isOwned } from "../../rollout/workload/owned.ts";
import { runRecordOf } from "../../rollout/workload/run-record.ts";
import { findByHash, findByTemplate, hashOf } from "../../rollout/workload/template.ts";
import type { Caches } from "./caches.ts";
import type { Change } from "./marks.ts";
import { byKey, newerOfEach } from "./newer-of-each.ts";
import { type RelatedObjects, RelatedReader } from "./related.ts";

/** How long (ms) native control has to see a new rollout before Serin looks for the ReplicaSets. */
const SEEN_MS = 1_000;

/**
 * Reads all objects that a decision about one rollout needs from the caches. Serin lists ReplicaSets while one may lack its
 * mark, and once a minute at most who else is behind the Services.
 */
export class Observer {
  readonly #kube: Kube;
  readonly #caches: Caches;
  readonly #clock: Clock;
  readonly #related: RelatedReader;
  /** When (ms) this controller began to lead. */
  readonly #ledSince: number;

  constructor(needs: { kube: Kube; caches: Caches; clock: Clock; log: Log }) {
    this.#kube = needs.kube;
    this.#caches = needs.caches;
    this.#clock = needs.clock;
    this.#related = new RelatedReader(needs);
    this.#ledSince = needs.clock.now();
  }

  /**
   * How long (ms) to wait at most before the first look at a rollout: native control has not seen it, so it has created no
   * ReplicaSet, and a list would have to be repeated. The watch reports when it has.
   */
  untilSeen(uid: string): number | undefined {
    const deployment = this.#caches.deployment(uid);
    const held = deployment && holdRecordOf(deployment);
    if (deployment === undefined || held === undefined || isObserved(deployment)) return undefined;
    if (this.#caches.replicaSetsOf(deployment.metadata).length > 0) return undefined;
    // The webhook's clock wrote the instant. If it is ahead of this one, nothing waits for it.
    const age = this.#clock.now() - Date.parse(held.started);
    return age >= 0 && age < SEEN_MS ? SEEN_MS - age : undefined;
  }

  /** Everything about the Deployment with this UID; `undefined` when no rollout of it is in flight. */
  async observe(uid: string): Promise<Snapshot | undefined> {
    const deployment = this.#caches.deployment(uid);
    const held = deployment && holdRecordOf(deployment);
    if (deployment === undefined || held === undefined) {
      this.#related.forget(uid);
      return undefined;
    }
    const sets = replicaSetsOf(deployment, held.stable, await this.#ownReplicaSets(deployment, held));
    const canary = canaryOf(deployment, held, sets);
    const isUndone = canary === undefined || hashOf(canary) === held.stable;
    const step = sets.map((set) => runRecordOf(set, held.started)?.step).find((index) => index !== undefined);
    const stable = findByHash(sets, held.stable);
    const templates = [deployment, ...(stable === undefined ? [] : [stable])].map(
      ({ spec }) => spec.template,
    );
    const { started } = held;
    const { namespace = "" } = deployment.metadata;
    const foreignRoutes = foreignRoutesOf(sets);
    const related = await this.#related.of(deployment, {
      templates,
      sets,
      started,
      step: step ?? 0,
      foreignRoutes,
    });
    const marked = this.#caches.servicesOf(deployment.metadata);
    const known = await this.#routesOf(deployment, { ...related, foreignRoutes });
    const snapshot = snapshotOf({
      now: this.#clock.now(),
      ledSince: this.#ledSince,
      deployment,
      replicaSets: sets,
      services: newerOfEach(related.services, byKey(marked, keyOf)),
      marked,
      ...((related.lacksServices || known.lacksRoutes) && { lacksServices: true }),
      ...(known.lacksShares && { lacksShares: true }),
      routes: known.routes,
      grants: related.grants,
      strangers: [...related.strangers, ...keptBehind(this.#caches.namespaceServices.keptIn(namespace))],
      endpointSlices: this.#caches.endpointSlicesOf(deployment.metadata),
      pods: isUndone ? [] : await this.#podsOf(deployment, canary, held.stable),
    });
    // An object that a user recreates carries no label, so no watch reports it.
    if (snapshot !== undefined && (isCutOff(snapshot) || missingRoute(snapshot) !== undefined))
      this.#related.lookAgain(uid);
    return snapshot;
  }

  /** Whether a change may concern the Deployment's rollout. A mark in another namespace does not, except on a permitted route. */
  concerns({ metadata }: Deployment, { kind, objects }: Change): boolean {
    return objects.some(
      (object) =>
        object.metadata.namespace === metadata.namespace ||
        (isRoutePlural(kind) && this.#related.permits(metadata, object as LeanRoute)),
    );
  }

  /** Finds the user's Services and routes again the next time. */
  forget(uid: string): void {
    this.#related.outdate(uid);
  }

  /**
   * The routes that were found at this step, and the routes in flight, as they are now. Serin reads no route that may not name
   * the Services, because anyone can write such routes. If they are too long together, those with a share suffice to take a weight,
   * and if these are too long as well, the first of them: the others come at a later look.
   */
  async #routesOf(
    { metadata }: Deployment,
    { services, routes, grants, foreignRoutes }: RelatedObjects,
  ): Promise<{ routes: readonly Route[]; lacksRoutes: boolean; lacksShares: boolean }> {
    const isFound = (route: LeanRoute) =>
      routes.has(routeKeyOf(route)) || FLIGHT in (route.metadata.labels ?? {});
    const found = this.#caches.routes.around([...services.keys()], metadata.uid ?? "").filter(isFound);
    const { routeCopies } = this.#caches;
    const leading = permittedOrShared(metadata, found, grants, foreignRoutes);
    const lacksRoutes = !fitTogether(leading);
    const shared = lacksRoutes ? exposedFirst(metadata.uid ?? "", leading) : [];
    const read = lacksRoutes ? thatFit(shared) : leading;
    const whole = await readWhole(this.#kube, read, routeCopies);
    for (const route of whole)
      if (routeCopies.get(routeKeyOf(route)) !== route) this.#caches.keepRoute(route);
    return { routes: whole, lacksRoutes, lacksShares: read.length < shared.length };
  }

  #podsOf({ metadata: { uid = "", namespace = "" } }: Deployment, canary: ReplicaSet, stable: string) {
    return this.#caches.podsOf(uid, namespace, [hashOf(canary), stable]);
  }

  /** The ReplicaSets in the cache if they suffice for the decision, else the Deployment's own, listed. */
  async #ownReplicaSets(deployment: Deployment, held: HoldRecord): Promise<readonly ReplicaSet[]> {
    const marked = this.#caches.replicaSetsOf(deployment.metadata).filter((set) => isOwned(set, deployment));
    const { stable } = held;
    const expected = isObserved(deployment) && deployment.spec.paused !== true;
    // A version that ended before Serin marked it has only the annotations that native control copied onto it.
    const mayBeLeft = held.latched === true || held.phase === "undone";
    const complete =
      !mayBeLeft &&
      (held.lost || findByHash(marked, stable) !== undefined) &&
      (!expected || findByTemplate(marked, deployment.spec.template));
    if (complete) return marked;
    const released = marked.filter((set) => controllerOf(set) === undefined);
    return [...(await listReplicaSets(this.#kube, deployment, leanReplicaSet)), ...released];
  }
}
