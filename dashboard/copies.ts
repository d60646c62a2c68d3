import type { Kube } from "../kube/client/api.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { controllerOf, type KubeObject, keyOf } from "../kube/core/meta.ts";
import { deployments, type Resource, replicaSets, routeKinds, services } from "../kube/core/resources.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import { type Reflection, type ReflectOptions, reflect } from "../kube/runtime/reflector.ts";
import { FLIGHT, VERDICT } from "../rollout/keys.ts";
import { routeRecordOf } from "../rollout/traffic/route-record.ts";
import { type EndedVersion, isOfSerin, leanDeployment, leanEnded } from "./lean-objects.ts";

/** The means to follow objects. */
export interface CopiesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Kinds, by their plurals, that the reader may not list: there are no copies of them. */
  readonly unreadable?: ReadonlySet<string> | undefined;
  /** Called at every change that can concern the rollout of the Deployment with this key (`namespace/name`). */
  readonly onChange: (key: string) => void;
}

/**
 * Copies of the Deployments, of everything in flight, and of the records of what has ended. They cost the API server one
 * list and one watch each, however many people look.
 */
export class Copies {
  readonly deployments: Reflection<Deployment, "uid">;
  readonly replicaSets: Reflection<ReplicaSet, "owner">;
  readonly ended: Reflection<EndedVersion, "owner", ReplicaSet>;
  readonly services: Reflection<Service, "owner">;
  readonly routes: readonly Reflection<Route, "owner">[];
  /** Whether all copies are complete. */
  isComplete = false;
  readonly #options: CopiesOptions;

  constructor(options: CopiesOptions) {
    this.#options = options;
    this.deployments = this.#follow<Deployment, "uid">(deployments, keyIfOfSerin, {
      pick: leanDeployment,
      indexes: { uid: ({ metadata }) => (metadata.uid === undefined ? [] : [metadata.uid]) },
    });
    const byOwner = (set: KubeObject) => this.#keys([controllerOf(set)]);
    const owner = (set: KubeObject) => [controllerOf(set) ?? ""];
    this.replicaSets = this.#follow<ReplicaSet, "owner">(replicaSets, byOwner, {
      labelSelector: FLIGHT,
      indexes: { owner },
    });
    this.ended = this.#follow<EndedVersion, "owner", ReplicaSet>(replicaSets, byOwner, {
      labelSelector: VERDICT,
      pick: leanEnded,
      indexes: { owner },
    });
    this.services = this.#follow<Service, "owner">(services, (object) => this.#keys(markOf(object)), {
      labelSelector: FLIGHT,
      indexes: { owner: markOf },
    });
    this.routes = routeKinds.map((kind) =>
      this.#follow<Route, "owner">(kind, (route) => this.#keys(sharersOf(route)), {
        labelSelector: FLIGHT,
        indexes: { owner: sharersOf },
      }),
    );
    this.synced().then(
      () => {
        this.isComplete = true;
      },
      // The signal has aborted.
      () => {},
    );
  }

  /** Resolves when all copies are complete. Rejects if the signal aborts first. */
  async synced(): Promise<void> {
    const { deployments, replicaSets, ended, services, routes } = this;
    await Promise.all([deployments, replicaSets, ended, services, ...routes].map((copy) => copy.synced));
  }

  /** Kinds that the reader may not list. */
  get unreadable(): ReadonlySet<string> {
    return this.#options.unreadable ?? new Set();
  }

  /** The routes in flight in which the Deployment with this UID has a share. */
  routesOf(uid: string): readonly Route[] {
    return this.routes.flatMap((kind) => kind.by("owner", uid));
  }

  #keys(uids: readonly (string | undefined)[]): readonly string[] {
    return uids.flatMap((uid) => (uid === undefined ? [] : this.deployments.by("uid", uid).map(keyOf)));
  }

  #follow<T extends KubeObject, Index extends string, Raw extends KubeObject = T>(
    resource: Resource,
    keysOf: (object: T) => readonly string[],
    more: Pick<ReflectOptions<T, Index, Raw>, "labelSelector" | "pick" | "indexes">,
  ): Reflection<T, Index, Raw> {
    const { onChange, unreadable, ...options } = this.#options;
    if (unreadable?.has(resource.plural)) return nothing();
    return reflect<T, Index, Raw>({
      ...options,
      ...more,
      resource,
      onChange: (_key, now, before) => {
        const objects = [now, before].filter((object) => object !== undefined);
        for (const key of new Set(objects.flatMap(keysOf))) onChange(key);
      },
    });
  }
}

function nothing<T extends KubeObject, Index extends string, Raw extends KubeObject>(): Reflection<
  T,
  Index,
  Raw
> {
  return {
    synced: Promise.resolve(),
    get: () => undefined,
    list: () => [],
    by: () => [],
    incomplete: () => new Set(),
    apply: () => {},
  };
}

function keyIfOfSerin(deployment: Deployment): readonly string[] {
  return isOfSerin(deployment) ? [keyOf(deployment)] : [];
}

/** The UID of the Deployment in the object's mark. */
function markOf({ metadata }: KubeObject): readonly string[] {
  const uid = metadata.labels?.[FLIGHT];
  return uid === undefined ? [] : [uid];
}

/** The UIDs of the Deployments that have a share in the route. */
function sharersOf(route: Route): readonly string[] {
  return Object.keys(routeRecordOf(route)?.shares ?? {});
}
