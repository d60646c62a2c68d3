import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { type KubeObject, keyOf } from "../../kube/core/meta.ts";
import {
  deployments,
  endpointSlices,
  type Resource,
  replicaSets,
  routeKinds,
  services,
} from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { EndpointSlice, Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import { pluralOf } from "../../kube/core/writes.ts";
import type { ValuesOf } from "../../kube/runtime/indexer.ts";
import { type Reflection, reflect } from "../../kube/runtime/reflector.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { backendsOf } from "../../rollout/traffic/overlay.ts";
import {
  type Change,
  type Marked,
  markOf,
  namespaceOf,
  type Owner,
  ownerKey,
  ownerKeys,
  shareKeys,
  shareUids,
  uidOf,
} from "./marks.ts";
import { VersionPods } from "./version-pods.ts";

/** The means to follow objects. */
interface CachesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Called with every event about a marked object. */
type OnRolloutChange = (change: Change) => void;

/**
 * Copies of the objects in flight, and of no others: objects with the label `serin.dev/flight`, and the pods of both versions.
 * Indexes find the objects of one rollout, so the cost of a reconcile does not depend on the number of rollouts.
 */
export class Caches {
  readonly deployments: Reflection<Deployment, "uid" | "namespace">;
  readonly replicaSets: Reflection<ReplicaSet, "owner" | "namespace">;
  readonly services: Reflection<Service, "owner" | "namespace">;
  readonly endpointSlices: Reflection<EndpointSlice, "owner">;
  readonly #routes: ReadonlyMap<string, Reflection<Route, "uid" | "backend" | "namespace">>;
  readonly #pods: VersionPods;
  readonly #options: CachesOptions;
  readonly #missing = new Set<string>();
  #onChange: OnRolloutChange = () => {};

  constructor(options: CachesOptions) {
    this.#options = options;
    this.#pods = new VersionPods({ ...options, onChange: (change) => this.#onChange(change) });
    this.deployments = this.#follow<Deployment, "uid" | "namespace">(deployments, uidOf, {
      uid: uidOf,
      namespace: namespaceOf,
    });
    const marks = { owner: ownerKeys, namespace: namespaceOf };
    this.replicaSets = this.#follow<ReplicaSet, "owner" | "namespace">(replicaSets, markOf, marks);
    this.services = this.#follow<Service, "owner" | "namespace">(services, markOf, marks);
    this.endpointSlices = this.#follow<EndpointSlice, "owner">(endpointSlices, markOf, { owner: ownerKeys });
    const indexes = { uid: shareUids, backend: backendsOf, namespace: namespaceOf };
    this.#routes = new Map(
      routeKinds.map((kind) => [kind.plural, this.#follow(kind, shareUids, indexes)] as const),
    );
  }

  /** Resolves when every copy is complete. Rejects if the signal aborts first. */
  async synced(): Promise<void> {
    const { deployments, replicaSets, services, endpointSlices } = this;
    const copies = [deployments, replicaSets, services, endpointSlices, ...this.#routes.values()];
    await Promise.all(copies.map((copy) => copy.synced));
  }

  /** The kinds whose copies are not complete yet, by their plurals. */
  missing(): readonly string[] {
    return [...this.#missing];
  }

  /** Calls the listener at every later change. */
  listen(onChange: OnRolloutChange): void {
    this.#onChange = onChange;
  }

  /** Puts the object that a write of Serin returned into the copy of its kind. */
  apply(kind: string, object: KubeObject): void {
    const { deployments, replicaSets, services } = this;
    const copies = { deployments, replicasets: replicaSets, services, ...Object.fromEntries(this.#routes) };
    (copies as Readonly<Record<string, Pick<Reflection<KubeObject>, "apply">>>)[kind]?.apply(object);
  }

  /** The Deployment in flight with this UID. Native control ignores a Deployment that is being deleted, and so does Serin. */
  deployment(uid: string): Deployment | undefined {
    return this.deployments.by("uid", uid).find(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** The ReplicaSets with the rollout's mark in its own namespace: tenants may write any mark on their own objects. */
  replicaSetsOf(owner: Owner): readonly ReplicaSet[] {
    return this.replicaSets.by("owner", ownerKey(owner));
  }

  /** The Services with the mark, as above. */
  servicesOf(owner: Owner): readonly Service[] {
    return this.services.by("owner", ownerKey(owner));
  }

  /** The EndpointSlices with the mark, as above. */
  endpointSlicesOf(owner: Owner): readonly EndpointSlice[] {
    return this.endpointSlices.by("owner", ownerKey(owner));
  }

  /** The marked objects of every rollout that has marked an object in this namespace, wherever they are. */
  markedIn(namespace: string): Marked {
    const copies = [...this.#routes.values()];
    const routes = copies.flatMap((copy) => copy.by("namespace", namespace));
    const marked = [
      ...this.services.by("namespace", namespace),
      ...this.replicaSets.by("namespace", namespace),
    ];
    const uids = new Set([...marked.flatMap(markOf), ...routes.flatMap(shareUids)]);
    const owners = [...new Set([...marked.flatMap(ownerKeys), ...routes.flatMap(shareKeys)])];
    return {
      services: owners.flatMap((owner) => this.services.by("owner", owner)),
      replicaSets: owners.flatMap((owner) => this.replicaSets.by("owner", owner)),
      routes: [...new Set([...routes, ...[...uids].flatMap((uid) => this.routesOf(uid, []))])],
    };
  }

  /** The namespaces that hold a marked object. */
  namespaces(): ReadonlySet<string> {
    const routes = [...this.#routes.values()].flatMap((copy) => copy.list());
    const others = [this.deployments, this.services, this.replicaSets].flatMap((copy) => [...copy.list()]);
    return new Set([...others, ...routes].flatMap(namespaceOf));
  }

  /** The routes in flight that carry a share of the rollout or name one of these Services (`namespace/name`). */
  routesOf(uid: string, services: Iterable<string>): readonly Route[] {
    const names = [...services];
    const found = [...this.#routes.values()].flatMap((copy) => [
      ...copy.by("uid", uid),
      ...names.flatMap((name) => copy.by("backend", name)),
    ]);
    return [...new Set(found)];
  }

  /** The current version of that route, if it is in flight. */
  route(route: Route): Route | undefined {
    return this.#routes.get(pluralOf(route))?.get(keyOf(route));
  }

  /** The pods of both versions. The first call starts to follow them. */
  podsOf(uid: string, namespace: string, versions: readonly string[]): Promise<readonly Pod[]> {
    return this.#pods.of(uid, namespace, versions);
  }

  /** Ends the watch on the pods of that Deployment. */
  forget(uid: string): void {
    this.#pods.forget(uid);
  }

  #follow<T extends KubeObject, Index extends string>(
    resource: Resource,
    uidsOf: ValuesOf<T>,
    indexes: Readonly<Record<Index, ValuesOf<T>>>,
  ): Reflection<T, Index> {
    const { kube, clock, log, signal } = this.#options;
    const reflection = reflect<T, Index>({
      kube,
      resource,
      labelSelector: FLIGHT,
      clock,
      log,
      signal,
      indexes,
      onChange: (_key, now, before) => {
        const objects = [now, before].filter((object) => object !== undefined);
        for (const uid of new Set(objects.flatMap(uidsOf))) {
          const marked = objects.filter((object) => uidsOf(object).includes(uid));
          this.#onChange({ uid, kind: resource.plural, objects: marked });
        }
      },
    });
    this.#missing.add(resource.plural);
    reflection.synced.then(
      () => this.#missing.delete(resource.plural),
      () => {},
    );
    return reflection;
  }
}
