import type { LeanRoute } from "../../kube/core/routes.ts";

/**
 * The routes that one sweep of a namespace reads. Tenants can write as many shares as they like, and a policy may refuse to
 * restore some: so each sweep begins with other routes.
 */
export class RouteTurns {
  readonly #room: number;
  /** Namespace → how many routes earlier sweeps have taken, while some are left. */
  readonly #taken = new Map<string, number>();

  /** `room` is the most characters of JSON that a sweep reads; a longer route comes alone. */
  constructor(room: number) {
    this.#room = room;
  }

  /** The routes of this sweep. */
  take(namespace: string, routes: readonly LeanRoute[]): readonly LeanRoute[] {
    const taken = this.#taken.get(namespace) ?? 0;
    const first = routes.length === 0 ? 0 : taken % routes.length;
    const turned = [...routes.slice(first), ...routes.slice(0, first)];
    let room = this.#room;
    const fitting = turned.findIndex(({ size }) => {
      room -= size;
      return room < 0;
    });
    if (fitting < 0) {
      this.#taken.delete(namespace);
      return turned;
    }
    const count = Math.max(1, fitting);
    this.#taken.set(namespace, taken + count);
    return turned.slice(0, count);
  }
}
