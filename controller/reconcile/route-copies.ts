import { versionOf, withoutManagedFields } from "../../kube/core/meta.ts";
import { type LeanRoute, type Route, routeKeyOf } from "../../kube/core/routes.ts";

/**
 * Whole routes: those of rollouts in flight that were used last, and others for which there is room. A route without a copy is
 * read when it is needed.
 */
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

  /**
   * Keeps a route, in place of the one that was not used for the longest time. A newer copy stays: the watch may report the
   * gateway's status before the answer to Serin's own write arrives.
   */
  put(route: Route, { size }: Pick<LeanRoute, "size">): void {
    const key = routeKeyOf(route);
    const copy = this.get(key);
    const newest = copy !== undefined && versionOf(copy) > versionOf(route) ? copy : route;
    this.drop(key);
    this.#routes.set(key, { route: withoutManagedFields(newest), size });
    this.#size += size;
    for (const oldest of this.#routes.keys()) {
      if (this.#size <= this.#room) return;
      this.drop(oldest);
    }
  }

  /**
   * Takes a route that the watch has reported, so that a rollout need not read it. Of a route without a copy, the first half of
   * the room takes one: the rest is for rollouts in flight.
   */
  renew(route: Route, lean: Pick<LeanRoute, "size">): void {
    const copy = this.get(routeKeyOf(route));
    const isNewer = copy !== undefined && versionOf(copy) < versionOf(route);
    const hasRoom = copy === undefined && this.#size + lean.size <= this.#room / 2;
    if (isNewer || hasRoom) this.put(route, lean);
  }

  /** Drops the copy under this key, so that the route is read again. */
  drop(key: string): void {
    this.#size -= this.#routes.get(key)?.size ?? 0;
    this.#routes.delete(key);
  }
}
