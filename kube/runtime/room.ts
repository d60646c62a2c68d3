import type { KubeObject } from "../core/meta.ts";

/** How much one namespace may have in a copy. */
export interface RoomOptions<T> {
  /** The most characters of a namespace's objects. */
  readonly most: number;
  /** What an object counts, in characters; the length of its JSON by default. */
  readonly sizeOf?: (object: T) => number;
}

/**
 * The room of each namespace in a copy. Tenants can write any mark on as many objects as they like, of any length, and must
 * not fill the memory that all namespaces share.
 */
export class Room<T extends KubeObject> {
  readonly #most: number;
  readonly #sizeOf: (object: T) => number;
  readonly #onFull: (namespace: string) => void;
  /** Namespace → characters. */
  readonly #used = new Map<string, number>();
  /** The namespaces for which `onFull` was called. */
  readonly #told = new Set<string>();

  /** Calls `onFull` when an object finds no room, and again only after half of the namespace's room was free. */
  constructor(
    { most, sizeOf = (object) => JSON.stringify(object).length }: RoomOptions<T>,
    onFull: (namespace: string) => void,
  ) {
    this.#most = most;
    this.#sizeOf = sizeOf;
    this.#onFull = onFull;
  }

  /** What the object counts, in characters. */
  sizeOf(object: T): number {
    return this.#sizeOf(object);
  }

  /** Whether an object of this size would find room in the namespace. */
  has(namespace: string, size: number): boolean {
    return (this.#used.get(namespace) ?? 0) + size <= this.#most;
  }

  /** Takes the room for `now` in place of `before`. False: there is none, and the copy must keep neither. */
  take(now: T | undefined, before: T | undefined): boolean {
    const namespace = (now ?? before)?.metadata.namespace ?? "";
    const rest = (this.#used.get(namespace) ?? 0) - (before === undefined ? 0 : this.#sizeOf(before));
    const used = rest + (now === undefined ? 0 : this.#sizeOf(now));
    const fits = used <= this.#most;
    this.#note(namespace, fits ? used : rest);
    if (!fits && !this.#told.has(namespace)) {
      this.#told.add(namespace);
      this.#onFull(namespace);
    }
    return fits;
  }

  #note(namespace: string, used: number): void {
    if (used === 0) this.#used.delete(namespace);
    else this.#used.set(namespace, used);
    if (used <= this.#most / 2) this.#told.delete(namespace);
  }
}
