import type { Kube } from "../../kube/client/api.ts";
import { listGrants } from "../../kube/client/grants.ts";
import { listNamespace } from "../../kube/client/namespace-list.ts";
import { listOtherOwners } from "../../kube/client/strangers.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { keyOf, type Meta } from "../../kube/core/meta.ts";
import { services } from "../../kube/core/resources.ts";
import { type LeanRoute, type ReferenceGrant, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service, Stranger } from "../../kube/core/services.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { refresh } from "../../kube/runtime/route-reads.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { crossesInto, permittedOrShared } from "../../rollout/traffic/grants.ts";
import { servicesFor, servicesOf } from "../../rollout/traffic/isolation.ts";
import { selectorOf } from "../../rollout/traffic/service-record.ts";
import type { Caches } from "./caches.ts";

/** How long (ms) a list counts while an expected object is missing. */
const MISSING_MS = 1_000;

/** The Services, routes and grants of a Deployment. They may carry no mark of Serin. */
export interface RelatedObjects {
  /** The rollout and the index of the step in which Serin listed them. */
  readonly started: string;
  readonly step: number;
  /** When Serin listed them, in ms. */
  readonly at: number;
  readonly services: Map<string, Service>;
  readonly routes: ReadonlyMap<string, LeanRoute>;
  /** Who else serves behind the Services. */
  readonly strangers: readonly Stranger[];
  readonly grants: readonly ReferenceGrant[];
  /** The routes of other namespaces to which the rollout's record says that it gave a share. */
  readonly foreignRoutes: readonly string[];
}

/** What a rollout needs. */
interface Wanted extends Pick<RelatedObjects, "started" | "step" | "foreignRoutes"> {
  readonly templates: readonly PodTemplate[];
  /** The Deployment's own, in flight. */
  readonly sets: readonly ReplicaSet[];
}

/** The means to read. */
interface Needs {
  readonly kube: Kube;
  readonly caches: Caches;
  readonly clock: Clock;
}

/** Lists the user's Services once in each step, and again after the deletion of one; finds their routes in the index. */
export class RelatedReader {
  readonly #needs: Needs;
  readonly #known = new Map<string, RelatedObjects>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** The objects for pods of these templates, listed at this step. */
  async of(
    { metadata }: Deployment,
    { templates, sets, started, step, foreignRoutes }: Wanted,
  ): Promise<RelatedObjects> {
    const { uid = "", namespace = "" } = metadata;
    const before = this.#known.get(uid);
    const known = before?.started === started ? before : undefined;
    if (known?.step === step && !this.#hasLost(known, uid)) return known;
    const { kube, clock } = this.#needs;
    const here = await listNamespace<Service>(kube, services, { namespace });
    const own = servicesFor(uid, templates, here);
    const relevant = await this.#routesAround(own.map(keyOf), uid, namespace);
    const crosses = relevant.some((route) => crossesInto(namespace, route));
    const grants = crosses ? await listGrants<ReferenceGrant>(kube, namespace) : [];
    const selecting = templates.flatMap((template) => servicesOf(template, here));
    const selectors = new Map(selecting.map((service) => [service.metadata.name, selectorOf(service)]));
    const related = {
      started,
      step,
      at: clock.now(),
      services: byKey(own, keyOf),
      // Of others' routes, the deletion would make Serin list everything again.
      routes: byKey(permittedOrShared(metadata, relevant, grants, foreignRoutes), routeKeyOf),
      grants,
      // Admission has just asked at the first step.
      strangers: step === 0 ? [] : await listOtherOwners(kube, { metadata }, selectors, sets),
      foreignRoutes,
    };
    this.#known.set(uid, related);
    return related;
  }

  /** Whether the route may carry traffic for the rollout's Services. */
  permits(metadata: Meta, route: LeanRoute): boolean {
    const { grants = [], foreignRoutes = [] } = this.#known.get(metadata.uid ?? "") ?? {};
    return permittedOrShared(metadata, [route], grants, foreignRoutes).length > 0;
  }

  /** Keeps the result of a write, because the object may carry no label any more, or not yet. */
  remember(uid: string, object: { metadata: { namespace?: string; name: string } }, kind: string): void {
    const related = this.#known.get(uid);
    if (kind === "services") related?.services.set(keyOf(object), object as Service);
  }

  /** Forgets a rollout that is over. */
  forget(uid: string): void {
    this.#known.delete(uid);
  }

  /** Forgets a Service that Serin has deleted, so that it does not count as lost. */
  drop(uid: string, key: string): void {
    this.#known.get(uid)?.services.delete(key);
  }

  /** Makes the next call list again. */
  outdate(uid: string): void {
    const known = this.#known.get(uid);
    if (known !== undefined) this.#known.set(uid, { ...known, step: Number.NaN });
  }

  /** The same, unless the list is newer than a second. */
  lookAgain(uid: string): void {
    const at = this.#known.get(uid)?.at ?? 0;
    if (this.#needs.clock.now() - at >= MISSING_MS) this.outdate(uid);
  }

  /**
   * The routes that may lead to these Services. Another route than the known ones leads to isolated Services, so that it gives
   * the canary no traffic until a later step. But without any route the canary gets its share through its Services: then the
   * index must not be late.
   */
  async #routesAround(
    keys: readonly string[],
    uid: string,
    namespace: string,
  ): Promise<readonly LeanRoute[]> {
    const { kube, caches } = this.#needs;
    const index = caches.routes;
    const known = index.around(keys, uid);
    if (known.length > 0) return known;
    const listed = await refresh({ kube, index }, namespace);
    const found = index.around(keys, uid);
    for (const route of found) {
      const whole = listed.get(routeKeyOf(route));
      if (whole !== undefined) caches.routeCopies.put(whole, route);
    }
    return found;
  }

  /** Whether a user has deleted an object with Serin's mark: no cache holds it any more. */
  #hasLost({ services: own, routes }: RelatedObjects, uid: string): boolean {
    const { caches } = this.#needs;
    const marked = [...own].filter(([, { metadata }]) => metadata.labels?.[FLIGHT] === uid);
    return (
      marked.some(([key]) => caches.services.get(key) === undefined) ||
      [...routes.values()].some((route) => caches.routes.get(route) === undefined)
    );
  }
}

/** The objects by their keys. */
export function byKey<T>(objects: readonly T[], keyOf: (object: T) => string): Map<string, T> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}
