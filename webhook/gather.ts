import type { Kube } from "../kube/client/api.ts";
import { listGrants } from "../kube/client/grants.ts";
import { listIngresses } from "../kube/client/ingresses.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import { listStrangers } from "../kube/client/strangers.ts";
import { keyOf, withoutTexts } from "../kube/core/meta.ts";
import { horizontalPodAutoscalers, routeKinds, services } from "../kube/core/resources.ts";
import { type ReferenceGrant, type Route, routeKeyOf } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import { lastOfEach, type RouteIndex } from "../kube/runtime/route-index.ts";
import { type RouteBodies, readWhole, refresh } from "../kube/runtime/route-reads.ts";
import type { ClusterState } from "../rollout/admission/change.ts";
import { mustWait } from "../rollout/admission/supersede.ts";
import { crossesInto, permitted } from "../rollout/traffic/grants.ts";
import { servicesFor, servicesOf } from "../rollout/traffic/isolation.ts";
import { leanService } from "../rollout/traffic/lean-service.ts";
import { selectorOf } from "../rollout/traffic/service-record.ts";
import type { Autoscaler } from "../rollout/workload/autoscalers.ts";
import { type FlightRoutes, readFlight } from "./flight.ts";
import { listNeighbours } from "./neighbourhood.ts";
import { type PolicyPlaces, readPolicies } from "./policies.ts";

/** The means to read. */
interface GatherNeeds {
  readonly kube: Kube;
  readonly index: RouteIndex;
}

/** What was read before. */
interface Known {
  /** The Deployment's own. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The Deployments of the namespace; absent: not read. */
  readonly neighbours?: readonly Deployment[] | undefined;
}

/**
 * Reads what a rollout that may start depends on: from the API server's cache (resourceVersion 0), except the routes. The index
 * finds these; Serin reads those whole that may lead to the Deployment's Services.
 */
export async function gather(
  needs: GatherNeeds,
  requested: Deployment,
  old: Deployment,
  { replicaSets, neighbours }: Known,
): Promise<ClusterState> {
  const { kube, index } = needs;
  const { uid = "", namespace = "" } = old.metadata;
  const cached = { namespace, resourceVersion: "0" };
  const waits = mustWait(old, replicaSets);
  const [deployments, here, autoscalers, ingresses, flight] = await Promise.all([
    neighbours ?? listNeighbours(kube, namespace),
    listNamespace<Service>(kube, services, cached, leanService),
    waits ? [] : listNamespace<Autoscaler>(kube, horizontalPodAutoscalers, cached, withoutTexts),
    waits ? [] : listIngresses(kube, namespace),
    readFlight(needs, old),
  ]);
  const own = new Map(
    servicesOf(old.spec.template, here).map((service) => [service.metadata.name, selectorOf(service)]),
  );
  const reading = listStrangers(kube, old, own, replicaSets);
  // It may fail before anything waits for it. Then the last line throws its error.
  reading.catch(() => {});
  const templates = [requested, old, ...replicaSets].map(({ spec }) => spec.template);
  const named = servicesFor(uid, templates, here).map(keyOf);
  const { around, grants, routes } = await readRoutes(needs, namespace, { named, uid, flight });
  const keys = new Set(around.map(routeKeyOf));
  const leading = permitted(namespace, around, grants);
  const choosing = index.choosing(leading.flatMap(({ parents }) => parents));
  const beside = choosing.filter((route) => !keys.has(routeKeyOf(route)));
  return {
    replicaSets,
    services: here,
    deployments,
    routes,
    known: [...around, ...beside],
    grants,
    autoscalers,
    ingresses,
    ...(routes.length > 0 && { policies: await readPolicies(kube, policyPlaces(namespace, routes)) }),
    strangers: await reading,
  };
}

/** The keys that find the routes of a Deployment. */
interface Sought {
  /** The Services, as `namespace/name`. */
  readonly named: readonly string[];
  /** The Deployment's UID. */
  readonly uid: string;
  readonly flight: FlightRoutes | undefined;
}

/**
 * The routes around the Deployment, the grants, and whole the routes that may lead to it. Lists the routes of the namespace
 * first, unless the index knows one or two of them that lead to the Deployment: to read these by themselves costs no more
 * requests, and in flight none, as they were just listed by their mark. Users apply a Deployment together with its first route,
 * and without a route the canary gets its share through its Services: so Serin lists as well if those that the index knows are
 * gone by now. Another route that the index does not know yet leads to isolated Services, and the controller checks it before it
 * gives the canary any weight.
 */
async function readRoutes(needs: GatherNeeds, namespace: string, { named, uid, flight }: Sought) {
  const { kube, index } = needs;
  const isOwn = ({ metadata }: Pick<Route, "metadata">) => metadata.namespace === namespace;
  const read = async (listed: RouteBodies) => {
    const around = lastOfEach([...index.around(named, uid), ...(flight?.shared ?? [])]);
    const crosses = around.some((route) => crossesInto(namespace, route));
    const grants = flight?.grants ?? (crosses ? await listGrants<ReferenceGrant>(kube, namespace) : []);
    return { around, grants, routes: await readWhole(kube, permitted(namespace, around, grants), listed) };
  };
  const marked = flight?.bodies ?? new Map<string, Route>();
  const own = index.around(named, uid).filter(isOwn).length;
  if (own > 0 && own <= routeKinds.length) {
    const known = await read(marked);
    if (known.routes.some(isOwn)) return known;
  }
  const listed = await refresh(needs, namespace);
  return read({ get: (key) => listed.get(key) ?? marked.get(key) });
}

function policyPlaces(namespace: string, routes: readonly Route[]): PolicyPlaces {
  const homes = routes.map(({ metadata }) => metadata.namespace ?? namespace);
  const callers = routes.flatMap(({ spec: { parentRefs = [] } }, i) =>
    parentRefs
      .filter(({ kind = "Gateway" }) => kind === "Gateway")
      .map((parent) => parent.namespace ?? homes[i] ?? namespace),
  );
  return { own: [...new Set([namespace, ...homes])], callers };
}
