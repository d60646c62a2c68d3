import type { Kube } from "../client/api.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { keyOf } from "../core/meta.ts";
import { routeKinds } from "../core/resources.ts";
import { type LeanRoute, type Route, routeKeyOf } from "../core/routes.ts";
import { pluralOf } from "../core/writes.ts";
import { type Reflection, reflect } from "./reflector.ts";

/** The means to follow all routes. */
export interface RouteIndexOptions {
  readonly kube: Kube;
  /** Reduces a route to what the index keeps of it. */
  readonly reduce: (route: Route) => LeanRoute;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** See ReflectOptions. */
  readonly onRestored?: () => void;
}

/** Called at every change; `now` is undefined if the route is gone, `before` if it is new. */
export type OnRouteChange = (now: LeanRoute | undefined, before: LeanRoute | undefined) => void;

/** The room of a namespace's lean routes, in characters: for some 20,000 routes with a Service or two. */
const ROOM = 16 * 1024 * 1024;
/** About what an index needs for one value of a route, in characters. */
const PER_VALUE = 200;

type Found = "backend" | "share" | "namespace" | "parent";

/**
 * A few hundred bytes of every route of the cluster, however large the routes are. A question looks only at the routes that
 * it finds, so one tenant's routes cost the others nothing.
 */
export class RouteIndex {
  /** Resolves when the index holds all routes for the first time. Rejects if the signal aborts first. */
  readonly synced: Promise<void>;
  /** Reduces a route as the index does. */
  readonly reduce: RouteIndexOptions["reduce"];
  readonly #kinds: ReadonlyMap<string, Reflection<LeanRoute, Found, Route>>;
  readonly #missing = new Set<string>();
  readonly #listeners: OnRouteChange[] = [];

  constructor({ reduce, ...options }: RouteIndexOptions) {
    this.reduce = reduce;
    const indexes = {
      backend: ({ backends }: LeanRoute) => backends,
      share: ({ shares }: LeanRoute) => shares.map(({ uid }) => uid),
      namespace: ({ metadata }: LeanRoute) => [metadata.namespace ?? ""],
      parent: ({ choosesUsers, parents }: LeanRoute) => (choosesUsers ? [...new Set(parents)] : []),
    };
    this.#kinds = new Map(
      routeKinds.map((resource) => [
        resource.plural,
        reflect<LeanRoute, Found, Route>({
          ...options,
          resource,
          pick: reduce,
          room: { most: ROOM, sizeOf },
          indexes,
          onChange: (_key, now, before) => {
            for (const listener of this.#listeners) listener(now, before);
          },
        }),
      ]),
    );
    const complete = [...this.#kinds].map(([plural, { synced }]) => {
      this.#missing.add(plural);
      return synced.then(() => this.#missing.delete(plural));
    });
    this.synced = Promise.all(complete).then(() => {});
    this.synced.catch(() => {});
  }

  /** Calls the listener at every later change. */
  listen(listener: OnRouteChange): void {
    this.#listeners.push(listener);
  }

  /** The kinds of which the index does not hold all routes yet, by their plurals. */
  missing(): readonly string[] {
    return [...this.#missing];
  }

  /** The namespaces of which the index lacks a route, because it found no room. */
  incomplete(): ReadonlySet<string> {
    return new Set([...this.#kinds.values()].flatMap((copy) => [...copy.incomplete()]));
  }

  /** The routes that name one of these Services (`namespace/name`) or have a share of this rollout. */
  around(services: readonly string[], uid: string): readonly LeanRoute[] {
    return lastOfEach([
      ...services.flatMap((service) => this.#by("backend", service)),
      ...this.#by("share", uid),
    ]);
  }

  /** All routes. */
  list(): readonly LeanRoute[] {
    return [...this.#kinds.values()].flatMap((copy) => copy.list());
  }

  /** The routes with shares of rollouts. */
  shared(): readonly LeanRoute[] {
    return this.list().filter(({ shares }) => shares.length > 0);
  }

  /** The routes of a namespace. */
  of(namespace: string): readonly LeanRoute[] {
    return this.#by("namespace", namespace);
  }

  /** The routes of these parents that match headers or query parameters. */
  choosing(parents: readonly string[]): readonly LeanRoute[] {
    return lastOfEach(parents.flatMap((parent) => this.#by("parent", parent)));
  }

  /** What the index holds of that route. */
  get(route: Pick<Route, "kind" | "metadata">): LeanRoute | undefined {
    return this.#kinds.get(pluralOf(route))?.get(keyOf(route));
  }

  /** Takes a route that the API server has just sent, before the watch reports it. */
  apply(route: Route): void {
    this.#kinds.get(pluralOf(route))?.apply(route);
  }

  #by(found: Found, value: string): readonly LeanRoute[] {
    return [...this.#kinds.values()].flatMap((copy) => copy.by(found, value));
  }
}

function sizeOf(route: LeanRoute): number {
  const { backends, receivers, shares, parents } = route;
  const others = receivers === backends ? 0 : receivers.length;
  const values = backends.length + others + shares.length + parents.length;
  return JSON.stringify(route).length + PER_VALUE * values;
}

/** Each route once: of several entries, the last one. */
export function lastOfEach(routes: readonly LeanRoute[]): readonly LeanRoute[] {
  return [...new Map(routes.map((route) => [routeKeyOf(route), route])).values()];
}
