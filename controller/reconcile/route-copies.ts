import { versionOf } from "../../kube/core/meta.ts";
import { type LeanRoute, type Route, routeKeyOf } from "../../kube/core/routes.ts";

/** Whole routes of rollouts in flight, the last used ones. A route that has no room any more is read again when it is needed. */
export class RouteCopies {
  readonly #room: number;
  readonly #routes = new Map<string, { readonly route: Route; readonly size: number }>();
  #size = 0;

  /** `room` is the most characters of JSON. */
  constructor(room: number) {
    this.#room = room;
  }

  /** The copy under the route's key; see routeKeyOf. */
  get(key: string): Route | undefined {
    return this.#routes.get(key)?.route;
  }

  /** Keeps a route, in place of the one that was not used for the longest time. */
  put(route: Route, { size }: Pick<LeanRoute, "size">): void {
    const key = routeKeyOf(route);
    this.drop(key);
    this.#routes.set(key, { route, size });
    this.#size += size;
    for (const oldest of this.#routes.keys()) {
      if (this.#size <= this.#room) return;
      this.drop(oldest);
    }
  }

  /** Replaces the copy of a route that has changed, so that nobody must read it. Keeps no other route. */
  renew(route: Route, lean: LeanRoute): void {
    const copy = this.get(routeKeyOf(route));
    if (copy !== undefined && versionOf(copy) < versionOf(route)) this.put(route, lean);
  }

  /** Drops the copy under this key, so that the route is read again. */
  drop(key: string): void {
    this.#size -= this.#routes.get(key)?.size ?? 0;
    this.#routes.delete(key);
  }
}
