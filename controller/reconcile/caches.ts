import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import {
  deployments,
  endpointSlices,
  type Resource,
  replicaSets,
  services,
} from "../../kube/core/resources.ts";
import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { EndpointSlice, Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import { isRoutePlural, pluralOf, type Target } from "../../kube/core/writes.ts";
import type { ValuesOf } from "../../kube/runtime/indexer.ts";
import { type Reflection, reflect } from "../../kube/runtime/reflector.ts";
import { RouteIndex } from "../../kube/runtime/route-index.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import { leanService } from "../../rollout/traffic/lean-service.ts";
import { leanReplicaSet } from "../../rollout/workload/lean-replica-set.ts";
import { leanSlice } from "./lean-objects.ts";
import {
  type Change,
  changesOf,
  markOf,
  namespaceOf,
  type Owner,
  ownerKey,
  ownerKeys,
  shareUids,
  uidOf,
} from "./marks.ts";
import { NamespaceServices } from "./namespace-services.ts";
import { RouteCopies } from "./route-copies.ts";
import { VersionPods } from "./version-pods.ts";

/** The room for whole routes, in characters of JSON. */
const ROUTES_ROOM = 8 * 1024 * 1024;

/** The means to follow objects. */
interface CachesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when a copy shows that etcd was restored from a backup. */
  readonly onRestored?: () => void;
}

/** Called with every event about a marked object. */
type OnRolloutChange = (change: Change) => void;

/**
 * Copies of the objects in flight: objects with the label `serin.dev/flight`, the pods of both versions, and all Services of
 * their namespaces; of every route of the cluster the lean entry, and whole routes (RouteCopies). Anyone can write the label,
 * so the copies of a namespace's objects have limited room. Indexes find the objects of one rollout.
 */
export class Caches {
  readonly deployments: Reflection<Deployment, "uid" | "namespace">;
  readonly replicaSets: Reflection<ReplicaSet, "owner" | "namespace">;
  readonly services: Reflection<Service, "owner" | "namespace">;
  readonly endpointSlices: Reflection<EndpointSlice, "owner">;
  readonly routes: RouteIndex;
  readonly routeCopies = new RouteCopies(ROUTES_ROOM);
  readonly namespaceServices: NamespaceServices;
  readonly #pods: VersionPods;
  readonly #options: CachesOptions;
  readonly #missing = new Set<string>();
  #onChange: OnRolloutChange = () => {};

  constructor(options: CachesOptions) {
    this.#options = options;
    const means = { ...options, onChange: (change: Change) => this.#onChange(change) };
    [this.#pods, this.namespaceServices] = [new VersionPods(means), new NamespaceServices(means)];
    this.deployments = this.#follow<Deployment, "uid" | "namespace">(deployments, uidOf, {
      uid: uidOf,
      namespace: namespaceOf,
    });
    const marks = { owner: ownerKeys, namespace: namespaceOf };
    this.replicaSets = this.#follow(replicaSets, markOf, marks, leanReplicaSet);
    this.services = this.#follow(services, markOf, marks, leanService);
    this.endpointSlices = this.#follow(endpointSlices, markOf, { owner: ownerKeys }, leanSlice);
    this.routes = new RouteIndex({
      ...options,
      reduce: (route) => {
        const lean = leanRoute(route);
        this.routeCopies.renew(route, lean);
        return lean;
      },
    });
    this.routes.listen((now, before) => {
      const route = now ?? before;
      if (now === undefined && before !== undefined) this.routeCopies.drop(routeKeyOf(before));
      if (route !== undefined) this.#tell(changesOf(pluralOf(route), shareUids, now, before));
    });
  }

  /** Resolves when every copy is complete. Rejects if the signal aborts first. */
  async synced(): Promise<void> {
    const { deployments, replicaSets, services, endpointSlices, routes } = this;
    const copies = [deployments, replicaSets, services, endpointSlices, routes];
    await Promise.all(copies.map((copy) => copy.synced));
  }

  /** The kinds whose copies are not complete yet, by their plurals. */
  missing(): readonly string[] {
    return [...this.#missing, ...this.routes.missing()];
  }

  /** Calls the listener at every later change. */
  listen(onChange: OnRolloutChange): void {
    this.#onChange = onChange;
  }

  /** Puts the object that a write of Serin returned into the copy of its kind. */
  apply(kind: string, object: KubeObject): void {
    if (isRoutePlural(kind)) {
      this.keepRoute(object as Route);
      return;
    }
    if (kind === "services") this.namespaceServices.apply(object as Service);
    const { deployments, replicaSets, services } = this;
    const copies = { deployments, replicasets: replicaSets, services };
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

  /** Keeps a route that the API server has just sent. */
  keepRoute(route: Route): void {
    this.routes.apply(route);
    const lean = this.routes.get(route);
    if (lean !== undefined) this.routeCopies.put(route, lean);
  }

  /** Drops the copy of a route that is not what the API server stores, although no watch has reported a change. */
  dropRoute({ kind, namespace, name }: Target): void {
    const route = { kind: kind === "grpcroutes" ? "GRPCRoute" : "HTTPRoute", metadata: { namespace, name } };
    this.routeCopies.drop(routeKeyOf(route));
  }

  /** The pods of both versions. The first call starts to follow them. */
  podsOf(uid: string, namespace: string, versions: readonly string[]): Promise<readonly Pod[]> {
    return this.#pods.of(uid, namespace, versions);
  }

  /** Ends the watches that serve that Deployment alone. */
  forget(uid: string): void {
    this.#pods.forget(uid);
    this.namespaceServices.forget(uid);
  }

  #follow<T extends KubeObject, Index extends string>(
    resource: Resource,
    uidsOf: ValuesOf<T>,
    indexes: Readonly<Record<Index, ValuesOf<T>>>,
    pick?: (object: T) => T,
  ): Reflection<T, Index> {
    const reflection = reflect<T, Index>({
      ...this.#options,
      resource,
      labelSelector: FLIGHT,
      indexes,
      ...(pick && { pick }),
      onChange: (_key, now, before) => this.#tell(changesOf(resource.plural, uidsOf, now, before)),
    });
    this.#missing.add(resource.plural);
    reflection.synced.then(
      () => this.#missing.delete(resource.plural),
      () => {},
    );
    return reflection;
  }

  #tell(changes: readonly Change[]): void {
    for (const change of changes) this.#onChange(change);
  }
}
