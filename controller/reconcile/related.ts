import type { Kube } from "../../kube/client/api.ts";
import { listGrants } from "../../kube/client/grants.ts";
import { listRoutes } from "../../kube/client/routes.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { keyOf } from "../../kube/core/meta.ts";
import { services } from "../../kube/core/resources.ts";
import { type ReferenceGrant, type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, PodTemplate } from "../../kube/core/workloads.ts";
import { isRoutePlural } from "../../kube/core/writes.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { equal } from "../../rollout/text/equal.ts";
import { crossesInto } from "../../rollout/traffic/grants.ts";
import { servicesOf } from "../../rollout/traffic/isolation.ts";
import { namesAny } from "../../rollout/traffic/overlay.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import type { Caches } from "./caches.ts";

/** How long what was found counts while something that should be there is missing, in ms. */
const MISSING_MS = 1_000;

/** What stands around a Deployment and may carry no mark of ours, so that no cache has it. */
export interface RelatedObjects {
  /** The rollout in which they were looked at, and the index of its step. */
  readonly started: string;
  readonly step: number;
  /** When they were looked at, in ms. */
  readonly at: number;
  readonly services: Map<string, Service>;
  readonly routes: Map<string, Route>;
  /** All that there were since the rollout began: of a route that was let in we must take our overlay, too. */
  readonly grants: readonly ReferenceGrant[];
}

/** What the reader needs. */
interface Needs {
  readonly kube: Kube;
  readonly caches: Caches;
  readonly clock: Clock;
}

/** Lists the user's Services and routes: once in each step, and again when one of them was deleted. */
export class RelatedReader {
  readonly #needs: Needs;
  readonly #known = new Map<string, RelatedObjects>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** What was found at this step for pods of these templates, as far as it is still there. */
  async of(
    { metadata }: Deployment,
    templates: readonly PodTemplate[],
    started: string,
    step: number,
  ): Promise<RelatedObjects> {
    const { uid = "", namespace = "" } = metadata;
    const before = this.#known.get(uid);
    const known = before?.started === started ? before : undefined;
    if (known?.step === step && !this.#hasLost(known, uid)) return known;
    const { kube, clock } = this.#needs;
    const [here, everywhere] = await Promise.all([
      kube.list<Service>(services, { namespace }),
      listRoutes<Route>(kube),
    ]);
    const own = here.items.filter(
      (service) =>
        service.metadata.labels?.[FLIGHT] === uid ||
        templates.some((template) => servicesOf(template, [service]).length > 0),
    );
    const relevant = everywhere.filter((route) => namesAny(route, own) || shareOf(route, uid) !== undefined);
    const crosses = relevant.some((route) => crossesInto(namespace, route));
    const grants = crosses ? await listGrants<ReferenceGrant>(kube, namespace) : [];
    const revoked = known?.grants.filter((grant) => !grants.some((one) => equal(one, grant))) ?? [];
    const around = {
      started,
      step,
      at: clock.now(),
      services: byKey(own, keyOf),
      routes: byKey(relevant, routeKeyOf),
      grants: [...grants, ...revoked],
    };
    this.#known.set(uid, around);
    return around;
  }

  /** Keeps what a write returned: it may carry no label any more, or not yet. */
  remember(uid: string, object: { metadata: { namespace?: string; name: string } }, kind: string): void {
    const around = this.#known.get(uid);
    if (kind === "services") around?.services.set(keyOf(object), object as Service);
    if (isRoutePlural(kind)) around?.routes.set(routeKeyOf(object as Route), object as Route);
  }

  /** The rollout is over. */
  forget(uid: string): void {
    this.#known.delete(uid);
  }

  /** Lists again the next time. */
  outdate(uid: string): void {
    const known = this.#known.get(uid);
    if (known !== undefined) this.#known.set(uid, { ...known, step: Number.NaN });
  }

  /** The same, if what is known was not found just now. */
  lookAgain(uid: string): void {
    const at = this.#known.get(uid)?.at ?? 0;
    if (this.#needs.clock.now() - at >= MISSING_MS) this.outdate(uid);
  }

  /** What carries our mark is in a cache, or somebody has deleted it. */
  #hasLost({ services: own, routes }: RelatedObjects, uid: string): boolean {
    const { caches } = this.#needs;
    const marked = [...own].filter(([, { metadata }]) => metadata.labels?.[FLIGHT] === uid);
    const isInFlight = (route: Route) =>
      FLIGHT in (route.metadata.labels ?? {}) && shareOf(route, uid) !== undefined;
    return (
      marked.some(([key]) => caches.services.get(key) === undefined) ||
      [...routes.values()].filter(isInFlight).some((route) => caches.route(route) === undefined)
    );
  }
}

/** The objects by the words they are known by. */
export function byKey<T>(objects: readonly T[], keyOf: (object: T) => string): Map<string, T> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}
