import pLimit from "p-limit";
import type { Kube } from "../client/api.ts";
import { ifNotFound, isNotFound } from "../client/errors.ts";
import { versionOf } from "../core/meta.ts";
import { routeKinds, routeResource } from "../core/resources.ts";
import { type LeanRoute, type Route, routeKeyOf } from "../core/routes.ts";
import type { RouteIndex } from "./route-index.ts";

/** A namespace whose routes are longer than this together (characters of JSON) is not listed. */
const LISTED = 1024 * 1024;
/** The most routes (characters of JSON) that one caller reads. */
const MOST_READ = 4 * LISTED;
/** The most routes with a label (characters of JSON) that Serin reads in one namespace. It keeps only lean ones. */
const MOST_MARKED = 64 * LISTED;
const REQUESTS_AT_ONCE = 8;
const NAMESPACES_AT_ONCE = 4;

/** Whole routes by their keys; see routeKeyOf. */
export type RouteBodies = Pick<ReadonlyMap<string, Route>, "get">;

/** The API server, and the index that may be late. */
interface Source {
  readonly kube: Kube;
  readonly index: RouteIndex;
}

/** The namespace has long routes: the rest of them is not read. */
class ReadEnough extends Error {}

/**
 * Lists the routes of a namespace, because the index may be late by the delay of its watch, and users apply a Deployment
 * together with its routes. Returns these routes. A namespace with long routes is not listed: there a route counts when the
 * watch has reported it.
 */
export async function refresh(
  { kube, index }: Source,
  namespace: string,
): Promise<ReadonlyMap<string, Route>> {
  const bodies = new Map<string, Route>();
  let room = LISTED;
  for (const { size } of index.of(namespace)) room -= size;
  if (room < 0) return bodies;
  room = LISTED;
  const take = (route: Route): Pick<Route, "metadata"> & Record<string, unknown> => {
    index.apply(route);
    room -= index.reduce(route).size;
    if (room >= 0) bodies.set(routeKeyOf(route), route);
    else if (room < -MOST_READ) throw new ReadEnough();
    return { metadata: { name: route.metadata.name } };
  };
  const read = routeKinds.map(async (kind) => {
    try {
      await kube.list(kind, { namespace }, {}, take);
    } catch (error) {
      if (!isNotFound(error) && !(error instanceof ReadEnough)) throw error;
    }
  });
  await Promise.all(read);
  return bodies;
}

/** What was found by a label, and the namespaces with too many characters of it. */
interface FoundMarked {
  readonly routes: readonly LeanRoute[];
  /** The same routes whole, as far as there is room for them. */
  readonly bodies: RouteBodies;
  readonly tooLong: readonly string[];
}

/**
 * Lists the routes with this label in these namespaces, as the API server stores them now: the index may be late. Keeps the lean
 * routes, and the first ones whole as well, so that these need no request of their own. Of a namespace whose routes are too long
 * together it keeps none, and goes on with the others.
 */
export async function listMarked(
  { kube, index }: Source,
  namespaces: readonly string[],
  labelSelector: string,
): Promise<FoundMarked> {
  const limit = pLimit(NAMESPACES_AT_ONCE);
  const bodies = new Map<string, Route>();
  let roomForBodies = LISTED;
  const lists = namespaces.map((namespace) =>
    limit(async () => {
      let room = MOST_MARKED;
      const take = (route: Route): LeanRoute => {
        const lean = index.reduce(route);
        room -= lean.size;
        if (room < 0) throw new ReadEnough();
        roomForBodies -= lean.size;
        if (roomForBodies >= 0) bodies.set(routeKeyOf(lean), route);
        return lean;
      };
      try {
        const none = ifNotFound({ items: [] as LeanRoute[] });
        const found = routeKinds.map((kind) =>
          kube.list<LeanRoute, Route>(kind, { namespace }, { labelSelector }, take).catch(none),
        );
        return { routes: (await Promise.all(found)).flatMap(({ items }) => items), tooLong: [] };
      } catch (error) {
        if (error instanceof ReadEnough) return { routes: [], tooLong: [namespace] };
        throw error;
      }
    }),
  );
  const all = await Promise.all(lists);
  const tooLong = all.flatMap((list) => list.tooLong);
  return { routes: all.flatMap(({ routes }) => routes), bodies, tooLong };
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
  if (!fitTogether(routes)) {
    const size = lengthOf(routes);
    const [first] = routes;
    const { namespace = "", name = "" } = first?.metadata ?? {};
    throw new Error(
      `${routes.length} routes (${namespace}/${name} is one of them) lead to the same pods and have ${size} characters together: ` +
        `Serin reads at most ${MOST_READ}: make them shorter`,
    );
  }
  return readEach(kube, routes, { known });
}

/** Whether Serin reads these routes whole together. */
export function fitTogether(routes: readonly LeanRoute[]): boolean {
  return lengthOf(routes) <= MOST_READ;
}

/** The first of these routes, as many as Serin reads whole together: at least one, because no route is that long. */
export function thatFit(routes: readonly LeanRoute[]): readonly LeanRoute[] {
  let room = MOST_READ;
  return routes.filter(({ size }) => {
    room -= size;
    return room >= 0;
  });
}

function lengthOf(routes: readonly LeanRoute[]): number {
  return routes.reduce((sum, { size }) => sum + size, 0);
}

/** The same without an end, each reduced by `pick` as soon as it is read. */
export async function readEach(
  kube: Kube,
  routes: readonly LeanRoute[],
  { known = new Map(), pick = (route) => route }: { known?: RouteBodies; pick?: (route: Route) => Route },
): Promise<readonly Route[]> {
  const limit = pLimit(REQUESTS_AT_ONCE);
  const read = routes.map(async (route): Promise<Route | undefined> => {
    const body = known.get(routeKeyOf(route));
    if (body !== undefined && versionOf(body) >= versionOf(route)) return pick(body);
    const { namespace, name } = route.metadata;
    return limit(() =>
      kube.get<Route>(routeResource(route), { namespace, name }).then(pick).catch(ifNotFound(undefined)),
    );
  });
  return (await Promise.all(read)).filter((route) => route !== undefined);
}
