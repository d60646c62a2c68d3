import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { type KubeObject, keyOf } from "../../kube/core/meta.ts";
import {
  deployments,
  endpointSlices,
  pods,
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
import { FLIGHT, HASH_LABEL } from "../../rollout/keys.ts";
import { backendsOf } from "../../rollout/traffic/overlay.ts";
import { routeRecordOf } from "../../rollout/traffic/route-record.ts";

/** What the caches need. */
interface CachesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Called when something about the Deployments with these UIDs has changed. */
type OnRolloutChange = (uids: readonly string[]) => void;

/** The pods of a rollout's two versions. */
interface Versions {
  /** Of both, as a label selector wants them. */
  readonly hashes: string;
  readonly pods: Reflection<Pod>;
  readonly stop: AbortController;
}

/** A rollout by its Deployment. */
interface Owner {
  readonly uid?: string;
  readonly namespace?: string;
}

/**
 * Copies of everything that is in flight, and of nothing else: all but pods carry the flight label, and the pods of both
 * versions are followed by their hashes for as long as the rollout lasts. Indexes find what belongs to one rollout, so
 * that no look at it depends on how many others there are.
 */
export class Caches {
  readonly deployments: Reflection<Deployment, "uid">;
  readonly replicaSets: Reflection<ReplicaSet, "owner">;
  readonly services: Reflection<Service, "owner">;
  readonly endpointSlices: Reflection<EndpointSlice, "owner">;
  readonly #routes: ReadonlyMap<string, Reflection<Route, "uid" | "backend">>;
  readonly #versions = new Map<string, Versions>();
  readonly #options: CachesOptions;
  #onChange: OnRolloutChange = () => {};

  constructor(options: CachesOptions) {
    this.#options = options;
    this.deployments = this.#follow<Deployment, "uid">(deployments, uidOf, { uid: uidOf });
    this.replicaSets = this.#follow<ReplicaSet, "owner">(replicaSets, markOf, { owner: ownerKeys });
    this.services = this.#follow<Service, "owner">(services, markOf, { owner: ownerKeys });
    this.endpointSlices = this.#follow<EndpointSlice, "owner">(endpointSlices, markOf, { owner: ownerKeys });
    const indexes = { uid: shareUids, backend: backendsOf };
    this.#routes = new Map(
      routeKinds.map((kind) => [kind.plural, this.#follow(kind, shareUids, indexes)] as const),
    );
  }

  /** Resolves when every copy is complete; rejects when the signal aborts before. */
  async synced(): Promise<void> {
    const { deployments, replicaSets, services, endpointSlices } = this;
    const copies = [deployments, replicaSets, services, endpointSlices, ...this.#routes.values()];
    await Promise.all(copies.map((copy) => copy.synced));
  }

  /** Calls the listener at every change from now on. */
  listen(onChange: OnRolloutChange): void {
    this.#onChange = onChange;
  }

  /** Puts what a write of ours returned into the copy of its kind. */
  apply(kind: string, object: KubeObject): void {
    const { deployments, replicaSets, services } = this;
    const copies = { deployments, replicasets: replicaSets, services, ...Object.fromEntries(this.#routes) };
    (copies as Readonly<Record<string, Pick<Reflection<KubeObject>, "apply">>>)[kind]?.apply(object);
  }

  /** The Deployment in flight with this UID. One that is being deleted is none: native control no longer acts on it. */
  deployment(uid: string): Deployment | undefined {
    return this.deployments.by("uid", uid).find(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** What carries the rollout's mark in its namespace: tenants may write any mark on their own objects. */
  replicaSetsOf(owner: Owner): readonly ReplicaSet[] {
    return this.replicaSets.by("owner", ownerKey(owner));
  }

  /** The same of Services. */
  servicesOf(owner: Owner): readonly Service[] {
    return this.services.by("owner", ownerKey(owner));
  }

  /** The same of EndpointSlices. */
  endpointSlicesOf(owner: Owner): readonly EndpointSlice[] {
    return this.endpointSlices.by("owner", ownerKey(owner));
  }

  /** The routes in flight, of both kinds. */
  routes(): readonly Route[] {
    return [...this.#routes.values()].flatMap((copy) => copy.list());
  }

  /** The routes in flight that carry a share of the rollout, or name one of these Services (`namespace/name`). */
  routesOf(uid: string, services: Iterable<string>): readonly Route[] {
    const names = [...services];
    const found = [...this.#routes.values()].flatMap((copy) => [
      ...copy.by("uid", uid),
      ...names.flatMap((name) => copy.by("backend", name)),
    ]);
    return [...new Set(found)];
  }

  /** That route as it is now, if it is in flight. */
  route(route: Route): Route | undefined {
    return this.#routes.get(pluralOf(route))?.get(keyOf(route));
  }

  /** The pods of both versions; starts to follow them at the first call, with none known yet. */
  async podsOf(uid: string, namespace: string, versions: readonly string[]): Promise<readonly Pod[]> {
    const known = this.#versions.get(uid);
    const hashes = versions.join(",");
    if (known?.hashes === hashes) return known.pods.list();
    this.forget(uid);
    const stop = new AbortController();
    const { kube, clock, log, signal } = this.#options;
    const reflection = reflect<Pod>({
      kube,
      resource: pods,
      namespace,
      labelSelector: `${HASH_LABEL} in (${hashes})`,
      initial: "watch",
      clock,
      log,
      signal: AbortSignal.any([signal, stop.signal]),
      pick: ({ apiVersion, kind, metadata, status }) => ({
        ...(apiVersion && { apiVersion }),
        ...(kind && { kind }),
        metadata: { ...metadata, managedFields: [] },
        ...(status && { status }),
      }),
      onChange: () => this.#onChange([uid]),
    });
    this.#versions.set(uid, { hashes, pods: reflection, stop });
    await reflection.synced;
    return reflection.list();
  }

  /** No longer follows the pods of that Deployment. */
  forget(uid: string): void {
    this.#versions.get(uid)?.stop.abort();
    this.#versions.delete(uid);
  }

  #follow<T extends KubeObject, Index extends string>(
    resource: Resource,
    uidsOf: ValuesOf<T>,
    indexes: Readonly<Record<Index, ValuesOf<T>>>,
  ): Reflection<T, Index> {
    const { kube, clock, log, signal } = this.#options;
    return reflect<T, Index>({
      kube,
      resource,
      labelSelector: FLIGHT,
      clock,
      log,
      signal,
      indexes,
      onChange: (_key, now, before) => {
        const uids = [now, before].flatMap((object) => (object === undefined ? [] : uidsOf(object)));
        this.#onChange([...new Set(uids)]);
      },
    });
  }
}

function uidOf({ metadata }: KubeObject): readonly string[] {
  return metadata.uid === undefined ? [] : [metadata.uid];
}

/** The UID of the Deployment for which an object is marked. */
function markOf({ metadata }: KubeObject): readonly string[] {
  const uid = metadata.labels?.[FLIGHT];
  return uid === undefined ? [] : [uid];
}

function ownerKeys(object: KubeObject): readonly string[] {
  const { namespace = "" } = object.metadata;
  return markOf(object).map((uid) => ownerKey({ uid, namespace }));
}

function ownerKey({ uid = "", namespace = "" }: Owner): string {
  return `${namespace}/${uid}`;
}

function shareUids(route: Route): readonly string[] {
  return Object.keys(routeRecordOf(route)?.shares ?? {});
}
