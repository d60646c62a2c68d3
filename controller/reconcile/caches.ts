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
import { type Reflection, reflect } from "../../kube/runtime/reflector.ts";
import { FLIGHT, HASH_LABEL } from "../../rollout/keys.ts";
import { routeRecordOf } from "../../rollout/traffic/route-record.ts";

/** What the caches need. */
export interface CachesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Something about the Deployments with these UIDs has changed. */
  readonly onChange: (uids: readonly string[]) => void;
}

/** The pods of a rollout's two versions. */
interface Versions {
  /** Of both, as a label selector wants them. */
  readonly hashes: string;
  readonly pods: Reflection<Pod>;
  readonly stop: AbortController;
}

/**
 * Copies of everything that is in flight, and of nothing else: all but pods carry our label, and the pods of both versions
 * are followed by their hashes for as long as the rollout lasts.
 */
export class Caches {
  readonly deployments: Reflection<Deployment>;
  readonly replicaSets: Reflection<ReplicaSet>;
  readonly services: Reflection<Service>;
  readonly #routes: ReadonlyMap<string, Reflection<Route>>;
  readonly endpointSlices: Reflection<EndpointSlice>;
  readonly #versions = new Map<string, Versions>();
  readonly #options: CachesOptions;

  constructor(options: CachesOptions) {
    this.#options = options;
    this.deployments = this.#follow<Deployment>(deployments, ({ metadata }) => [metadata.uid ?? ""]);
    this.replicaSets = this.#follow<ReplicaSet>(replicaSets, labelled);
    this.services = this.#follow<Service>(services, labelled);
    const flightsOf = (route: Route) => Object.keys(routeRecordOf(route)?.shares ?? {});
    this.#routes = new Map(routeKinds.map((kind) => [kind.plural, this.#follow<Route>(kind, flightsOf)]));
    this.endpointSlices = this.#follow<EndpointSlice>(endpointSlices, labelled);
  }

  /** Resolves when every copy is complete. */
  async synced(): Promise<void> {
    const { deployments, replicaSets, services, endpointSlices } = this;
    const copies = [deployments, replicaSets, services, endpointSlices, ...this.#routes.values()];
    await Promise.all(copies.map((copy) => copy.synced));
  }

  /** Puts what a write of ours returned into the copy of its kind. */
  apply(kind: string, object: KubeObject): void {
    const copies: Record<string, { apply(object: KubeObject): void }> = {
      deployments: this.deployments as Reflection<KubeObject>,
      replicasets: this.replicaSets as Reflection<KubeObject>,
      services: this.services as Reflection<KubeObject>,
      ...(Object.fromEntries(this.#routes) as Record<string, Reflection<KubeObject>>),
    };
    copies[kind]?.apply(object);
  }

  /** The routes in flight, of both kinds. */
  routes(): readonly Route[] {
    return [...this.#routes.values()].flatMap((copy) => copy.list());
  }

  /** Whether that route is still there, and in flight. */
  hasRoute(route: Route): boolean {
    return this.#routes.get(pluralOf(route))?.get(keyOf(route)) !== undefined;
  }

  /** The Deployment in flight with this UID. One that is being deleted is none: native control no longer acts on it. */
  deployment(uid: string): Deployment | undefined {
    return this.deployments
      .list()
      .find(({ metadata }) => metadata.uid === uid && metadata.deletionTimestamp === undefined);
  }

  /** The pods of both versions; starts to follow them at the first call, with none known yet. */
  async podsOf(uid: string, namespace: string, versions: readonly string[]): Promise<readonly Pod[]> {
    const known = this.#versions.get(uid);
    const hashes = versions.join(",");
    if (known?.hashes === hashes) return known.pods.list();
    this.forget(uid);
    const stop = new AbortController();
    const { kube, clock, log, signal, onChange } = this.#options;
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
      onChange: () => onChange([uid]),
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

  #follow<T extends KubeObject>(resource: Resource, uidsOf: (object: T) => readonly string[]): Reflection<T> {
    const { kube, clock, log, signal, onChange } = this.#options;
    return reflect<T>({
      kube,
      resource,
      labelSelector: FLIGHT,
      clock,
      log,
      signal,
      onChange: (_key, now, before) => {
        const uids = [now, before].flatMap((object) => (object === undefined ? [] : uidsOf(object)));
        onChange([...new Set(uids)]);
      },
    });
  }
}

function labelled({ metadata }: KubeObject): readonly string[] {
  const uid = metadata.labels?.[FLIGHT];
  return uid === undefined ? [] : [uid];
}
