import pLimit from "p-limit";
import type { Kube } from "../client/api.ts";
import { ifNotFound } from "../client/errors.ts";
import { routeKinds, routeResource } from "../core/resources.ts";
import { type LeanRoute, type Route, routeKeyOf } from "../core/routes.ts";
import type { RouteIndex } from "./route-index.ts";

/** A namespace whose routes are longer than this together (characters of JSON) is not listed. */
const LISTED = 1024 * 1024;
/** The longest routes (characters of JSON) that one caller reads at once. */
const MOST_READ = 4 * LISTED;
const REQUESTS_AT_ONCE = 8;

/** Whole routes by their keys; see routeKeyOf. */
export type RouteBodies = Pick<ReadonlyMap<string, Route>, "get">;

/**
 * Lists the routes of a namespace, because the index may be late by the delay of its watch, and users apply a Deployment
 * together with its routes. Returns these routes. A namespace with long routes is not listed: there a route counts when the
 * watch has reported it.
 */
export async function refresh(
  { kube, index }: { readonly kube: Kube; readonly index: RouteIndex },
  namespace: string,
): Promise<ReadonlyMap<string, Route>> {
  const bodies = new Map<string, Route>();
  let room = LISTED;
  for (const { size } of index.of(namespace)) room -= size;
  if (room < 0) return bodies;
  room = LISTED;
  const take = (route: Route): Pick<Route, "metadata"> & Record<string, unknown> => {
    index.apply(route);
    room -= index.get(route)?.size ?? 0;
    if (room >= 0) bodies.set(routeKeyOf(route), route);
    return { metadata: { name: route.metadata.name } };
  };
  await Promise.all(
    routeKinds.map((kind) => kube.list(kind, { namespace }, {}, take).catch(ifNotFound(undefined))),
  );
  return bodies;
}

/**
 * Reads these routes whole, as they are stored now; those in `known` that are not older than the index need no request. A
 * route that is gone by now is left out. Throws if the routes are too long together.
 */
export async function readWhole(
  kube: Kube,
  routes: readonly LeanRoute[],
  known: RouteBodies,
): Promise<readonly Route[]> {
  const size = routes.reduce((sum, route) => sum + route.size, 0);
  if (size > MOST_READ) {
    const [first] = routes;
    const { namespace = "", name = "" } = first?.metadata ?? {};
    throw new Error(
      `${routes.length} routes (${namespace}/${name} is one of them) lead to the same pods and have ${size} characters together: ` +
        `Serin reads at most ${MOST_READ}: make them shorter`,
    );
  }
  const limit = pLimit(REQUESTS_AT_ONCE);
  const read = routes.map(async (route): Promise<Route | undefined> => {
    const body = known.get(routeKeyOf(route));
    if (body !== undefined && versionOf(body) >= versionOf(route)) return body;
    const { namespace, name } = route.metadata;
    return limit(() =>
      kube.get<Route>(routeResource(route), { namespace, name }).catch(ifNotFound(undefined)),
    );
  });
  return (await Promise.all(read)).filter((route) => route !== undefined);
}

function versionOf({ metadata }: Pick<Route, "metadata">): bigint {
  return BigInt(metadata.resourceVersion ?? 0);
}
