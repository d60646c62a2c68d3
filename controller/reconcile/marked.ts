import type { KubeObject } from "../../kube/core/meta.ts";
import { type LeanRoute, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { isRoutePlural } from "../../kube/core/writes.ts";
import { hasEndedIn, type InFlight, isLost } from "../../rollout/cleanup/lost-shares.ts";
import { HELD } from "../../rollout/keys.ts";
import type { Caches } from "./caches.ts";
import { type Change, markOf, namespaceOf, ownerKeys, shareKeys, shareUids } from "./marks.ts";

/** What tells which rollouts are in flight. */
type Known = Pick<Caches, "deployment" | "deployments" | "replicaSets" | "routes">;

/** Marked objects. */
export interface Marked {
  readonly services: readonly Service[];
  readonly replicaSets: readonly ReplicaSet[];
  readonly routes: readonly LeanRoute[];
}

/** The marked objects of every rollout that has marked an object in this namespace, wherever they are. */
export function markedIn(
  { services, replicaSets, routes }: Pick<Caches, "services" | "replicaSets" | "routes">,
  namespace: string,
): Marked {
  const shared = routes.of(namespace).filter(({ shares }) => shares.length > 0);
  const marked = [...services.by("namespace", namespace), ...replicaSets.by("namespace", namespace)];
  const uids = new Set([...marked.flatMap(markOf), ...shared.flatMap(shareUids)]);
  const owners = [...new Set([...marked.flatMap(ownerKeys), ...shared.flatMap(shareKeys)])];
  return {
    services: owners.flatMap((owner) => services.by("owner", owner)),
    replicaSets: owners.flatMap((owner) => replicaSets.by("owner", owner)),
    routes: [...new Set([...shared, ...[...uids].flatMap((uid) => routes.around([], uid))])],
  };
}

/** The namespaces that hold a marked object. */
export function markedNamespaces({
  deployments,
  services,
  replicaSets,
  routes,
}: Pick<Caches, "deployments" | "services" | "replicaSets" | "routes">): ReadonlySet<string> {
  const others = [deployments, services, replicaSets].flatMap((copy) => [...copy.list()]);
  return new Set([...others, ...routes.shared()].flatMap(namespaceOf));
}

/** The Deployments in flight whose marks are on these objects. */
export function inFlightOf(caches: Known, { services, replicaSets, routes }: Marked): InFlight {
  const uids = new Set([...[...services, ...replicaSets].flatMap(markOf), ...routes.flatMap(shareUids)]);
  const found = [...uids].flatMap((uid): [string, string][] => {
    const { annotations = {}, namespace = "" } = caches.deployment(uid)?.metadata ?? {};
    return HELD in annotations ? [[uid, namespace]] : [];
  });
  const copies = [caches.deployments, caches.replicaSets, caches.routes];
  return {
    inFlight: new Map(found),
    incomplete: new Set(copies.flatMap((copy) => [...copy.incomplete()])),
  };
}

/**
 * Those objects of the change that are copies: they carry the mark of a rollout that is in flight in this namespace, and are
 * none of its objects, as after the restore of a backup into another namespace.
 */
export function copiesIn({ uid, kind, objects }: Change, namespace: string): readonly KubeObject[] {
  const known = { inFlight: new Map([[uid, namespace]]) };
  if (!isRoutePlural(kind))
    return objects.filter(({ metadata }) => hasEndedIn(metadata.namespace, uid, known));
  return (objects as readonly LeanRoute[]).filter((route) =>
    route.shares.some((share) => share.uid === uid && isLost(route, share, known)),
  );
}

/** The UIDs of the Deployments in flight, of all or of one namespace, by the record that admission writes on them. */
export function inFlightUids(
  { deployments }: Pick<Caches, "deployments">,
  namespace?: string,
): readonly string[] {
  const found = namespace === undefined ? deployments.list() : deployments.by("namespace", namespace);
  return found
    .filter(
      ({ metadata }) =>
        metadata.annotations?.[HELD] !== undefined && metadata.deletionTimestamp === undefined,
    )
    .map(({ metadata }) => metadata.uid ?? "");
}

/** Whether a route is none of these. */
export function isNotIn(routes: readonly LeanRoute[]): (route: LeanRoute) => boolean {
  const keys = new Set(routes.map(routeKeyOf));
  return (route) => !keys.has(routeKeyOf(route));
}

/** The routes with a lost share, each with its lost shares only. */
export function lostRoutes(caches: Known, marked: Marked): readonly LeanRoute[] {
  const known = inFlightOf(caches, marked);
  const lost = marked.routes.map((route) => ({
    ...route,
    shares: route.shares.filter((share) => isLost(route, share, known)),
  }));
  return lost.filter(({ shares }) => shares.length > 0);
}
