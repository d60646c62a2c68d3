import type { Kube } from "../../kube/client/api.ts";
import { listGrants } from "../../kube/client/grants.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { keyOf, type Meta } from "../../kube/core/meta.ts";
import { type LeanRoute, type ReferenceGrant, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service, Stranger } from "../../kube/core/services.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { refresh } from "../../kube/runtime/route-reads.ts";
import { isCanaryService } from "../../rollout/traffic/canary-service.ts";
import { crossesInto, permittedOrShared } from "../../rollout/traffic/grants.ts";
import { servicesFor } from "../../rollout/traffic/isolation.ts";
import type { Caches } from "./caches.ts";
import { byKey, newerOfEach } from "./newer-of-each.ts";
import { askStrangers } from "./strangers.ts";

/** How long (ms) the found objects count while an expected one is missing. */
const MISSING_MS = 1_000;

/** The Services, routes and grants of a Deployment. They may carry no mark of Serin. */
export interface RelatedObjects {
  /** The rollout and the index of the step in which Serin found them. */
  readonly started: string;
  readonly step: number;
  /** When Serin found them, in ms. */
  readonly at: number;
  /** The state of the namespace's Services; see FollowedServices. */
  readonly changes: number;
  readonly services: ReadonlyMap<string, Service>;
  /** Whether the namespace has Services that Serin does not know; absent: it knows all. */
  readonly lacksServices?: true;
  readonly routes: ReadonlyMap<string, LeanRoute>;
  /** Who else serves behind the Services, and when Serin asked, in ms. */
  readonly strangers: readonly Stranger[];
  readonly askedAt: number;
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

/** The Services of the namespace, those for the rollout, and what was found before. */
interface Found {
  readonly changes: number;
  readonly listed: readonly Service[];
  readonly own: ReadonlyMap<string, Service>;
  readonly known: RelatedObjects | undefined;
}

/** The means to read. */
interface Needs {
  readonly kube: Kube;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Log;
}

/** Follows the Services of the namespace, and finds their routes in the index once in each step. */
export class RelatedReader {
  readonly #needs: Needs;
  readonly #known = new Map<string, RelatedObjects>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** The objects for pods of these templates, as they were found at this step; the Services as they are now. */
  async of(deployment: Deployment, wanted: Wanted): Promise<RelatedObjects> {
    const { uid = "", namespace = "" } = deployment.metadata;
    const { caches } = this.#needs;
    const here = await caches.namespaceServices.of(uid, namespace);
    const before = this.#known.get(uid);
    const known = before?.started === wanted.started ? before : undefined;
    const ownOf = (listed: readonly Service[]) => byKey(servicesFor(uid, wanted.templates, listed), keyOf);
    const { changes } = here;
    const listed = here.list();
    if (!here.isComplete()) {
      // What carries the mark suffices to take a weight: every Service and route in flight does.
      const marked = byKey(caches.servicesOf(deployment.metadata), keyOf);
      const own = byKey(newerOfEach(ownOf(listed), marked), keyOf);
      const last = known ?? (await this.#find(deployment, wanted, { changes, listed, own, known }));
      this.#known.set(uid, last);
      // Found again as soon as Serin knows all Services.
      this.outdate(uid);
      return { ...last, services: byKey(newerOfEach(last.services, own), keyOf), lacksServices: true };
    }
    const isSameStep = known?.step === wanted.step && !this.#hasLostRoute(known);
    if (isSameStep && known.changes === changes) return known;
    const own = ownOf(listed);
    const related =
      isSameStep && hasSameServices(known.services, own)
        ? { ...known, changes, services: own }
        : await this.#find(deployment, wanted, { changes, listed, own, known });
    this.#known.set(uid, related);
    return related;
  }

  async #find(
    { metadata }: Deployment,
    { templates, sets, started, step, foreignRoutes }: Wanted,
    { changes, listed, own, known }: Found,
  ): Promise<RelatedObjects> {
    const { uid = "", namespace = "" } = metadata;
    const { kube, clock } = this.#needs;
    const at = clock.now();
    const relevant = await this.#routesAround([...own.keys()], uid, namespace);
    const crosses = relevant.some((route) => crossesInto(namespace, route));
    const grants = crosses ? await listGrants<ReferenceGrant>(kube, namespace) : [];
    // Admission asked when the rollout started.
    const last = known ?? { strangers: [], askedAt: Date.parse(started) };
    const asked = await askStrangers(this.#needs, { metadata, templates, sets, listed }, last);
    return {
      started,
      step,
      at,
      changes,
      services: own,
      // Of others' routes, the deletion would make Serin find everything again.
      routes: byKey(permittedOrShared(metadata, relevant, grants, foreignRoutes), routeKeyOf),
      grants,
      strangers: asked.strangers,
      askedAt: asked.askedAt,
      foreignRoutes,
    };
  }

  /** Whether the route may carry traffic for the rollout's Services. */
  permits(metadata: Meta, route: LeanRoute): boolean {
    const { grants = [], foreignRoutes = [] } = this.#known.get(metadata.uid ?? "") ?? {};
    return permittedOrShared(metadata, [route], grants, foreignRoutes).length > 0;
  }

  /** Forgets a rollout that is over. */
  forget(uid: string): void {
    this.#known.delete(uid);
  }

  /** Makes the next call find the objects again. */
  outdate(uid: string): void {
    const known = this.#known.get(uid);
    if (known !== undefined) this.#known.set(uid, { ...known, step: Number.NaN });
  }

  /** The same, unless they were found within the last second. */
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

  /** Whether a route that was found is gone. */
  #hasLostRoute({ routes }: RelatedObjects): boolean {
    return [...routes.values()].some((route) => this.#needs.caches.routes.get(route) === undefined);
  }
}

/** Whether these are the same Services of users: a canary Service leads to no other route or pod. */
function hasSameServices(before: ReadonlyMap<string, Service>, now: ReadonlyMap<string, Service>): boolean {
  const usersOf = (found: ReadonlyMap<string, Service>) =>
    [...found].filter(([, service]) => !isCanaryService(service)).map(([key]) => key);
  const users = usersOf(now);
  return users.length === usersOf(before).length && users.every((key) => before.has(key));
}
