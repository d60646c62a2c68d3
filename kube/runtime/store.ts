import { type KubeObject, keyOf, versionOf } from "../core/meta.ts";
import { Indexer, type Indexes } from "./indexer.ts";
import type { Room } from "./room.ts";

/** Called at each change: `now` is undefined if the object is gone, `before` if it is new. */
export type OnChange<T> = (key: string, now: T | undefined, before: T | undefined) => void;

/** An object that found no room: its version and its size. */
export interface Refused {
  readonly version: bigint;
  readonly size: number;
}

/**
 * Objects by key. Resource versions (numbers that only grow within one resource) give their order in time, so that the
 * events of the watch and the results of own writes may arrive in any order.
 */
export class Cache<T extends KubeObject, Index extends string = never> {
  readonly #objects = new Map<string, T>();
  readonly #indexer: Indexer<T, Index>;
  /** Objects that an own write removed before the watch reported it. Older events must not bring them back. */
  readonly #removed = new Map<string, bigint>();
  readonly #onChange: OnChange<T>;
  readonly #room: Pick<Room<T>, "take" | "has" | "sizeOf">;
  /** The objects that found no room, by key. */
  readonly #refused = new Map<string, Refused>();
  /** The version up to which the watch (or a list) has reported everything. */
  #passed = 0n;

  /** Keeps no object that finds no room; it counts again when it changes, with the next list, or by `readAgain`. */
  constructor(
    onChange: OnChange<T>,
    indexes: Indexes<T, Index>,
    room: Pick<Room<T>, "take" | "has" | "sizeOf">,
  ) {
    this.#onChange = onChange;
    this.#room = room;
    this.#indexer = new Indexer(indexes);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** The objects that an index finds under this value. */
  by(index: Index, value: string): readonly T[] {
    return this.#indexer.by(index, value);
  }

  /** The namespaces with an object that found no room. */
  incomplete(): ReadonlySet<string> {
    return new Set([...this.#refused.keys()].map(namespaceIn));
  }

  /** The keys of objects that found no room and would find some now, each by itself. */
  fitting(): readonly string[] {
    return [...this.#refused]
      .filter(([key, { size }]) => this.#room.has(namespaceIn(key), size))
      .map(([key]) => key);
  }

  /** Takes an object that found no room, as it was read again. Ignores it if the watch has reported a later version, or its end. */
  readAgain(object: T): void {
    const key = keyOf(object);
    const refused = this.#refused.get(key);
    if (refused !== undefined && versionOf(object) >= refused.version) this.#set(key, object);
  }

  /** Takes an event of the watch. */
  observe(object: T, exists: boolean): void {
    this.#take(object, exists);
    this.pass(object.metadata.resourceVersion);
  }

  /** Notes that the watch has reported everything up to this version. */
  pass(version: string | undefined): void {
    this.#passed = max(this.#passed, BigInt(version ?? 0));
    for (const [key, removed] of this.#removed) if (removed <= this.#passed) this.#removed.delete(key);
  }

  /** Takes the result of an own write. Ignores a version that the watch has already passed. */
  apply(object: T, exists: boolean): void {
    const version = versionOf(object);
    if (version <= this.#passed) return;
    const key = keyOf(object);
    // Results of own writes may arrive in any order: an earlier removal must not hide a later one.
    if (!exists) this.#removed.set(key, max(version, this.#removed.get(key) ?? version));
    this.#take(object, exists);
  }

  /**
   * Takes a list. Drops objects that are missing in it, unless an own write created them after the list. `refused` has the
   * objects that are not among these because they found no room; the list is complete otherwise. Returns whether the cluster was
   * restored from a backup: otherwise neither a list nor an object in it is older than before.
   */
  replace(objects: readonly T[], version: string, refused: ReadonlyMap<string, Refused>): boolean {
    const listed = BigInt(version);
    const isBack = listed < this.#passed;
    // `etcdutl snapshot restore --bump-revision` keeps the list's version from going back, but not those of the objects.
    const isOlder = objects.some((object) => {
      const known = this.#knownVersion(keyOf(object));
      return known <= listed && versionOf(object) < known;
    });
    if (isBack) this.#restart();
    const keys = new Set(objects.map(keyOf));
    // First, because what is gone must not take the room of what is there.
    for (const [key, object] of this.#objects) {
      if (!keys.has(key) && versionOf(object) <= listed) this.#set(key, undefined);
    }
    this.#refused.clear();
    for (const [key, one] of refused) if (!this.#objects.has(key)) this.#refused.set(key, one);
    for (const object of objects) this.#list(object, listed);
    this.pass(version);
    // A kind that is not installed has version 0.
    return isOlder || (isBack && listed > 0n);
  }

  /** The list decides about everything up to its version: after a restore from a backup, an object may be older than before. */
  #list(object: T, listed: bigint): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const known = this.#knownVersion(key);
    if (known <= listed && !(before && known === versionOf(object))) this.#set(key, object);
  }

  #take(object: T, exists: boolean): void {
    const key = keyOf(object);
    const version = versionOf(object);
    const known = this.#knownVersion(key);
    if (exists ? version > known : version >= known) this.#set(key, exists ? object : undefined);
  }

  #knownVersion(key: string): bigint {
    const known = this.#objects.get(key);
    return known ? versionOf(known) : (this.#removed.get(key) ?? -1n);
  }

  #set(key: string, next: T | undefined): void {
    const before = this.#objects.get(key);
    const fits = this.#room.take(next, before);
    const now = fits ? next : undefined;
    if (fits || next === undefined) this.#refused.delete(key);
    else this.#refused.set(key, { version: versionOf(next), size: this.#room.sizeOf(next) });
    if (now) this.#objects.set(key, now);
    else this.#objects.delete(key);
    this.#indexer.set(key, now, before);
    if (now || before) this.#onChange(key, now, before);
  }

  #restart(): void {
    this.#passed = 0n;
    this.#removed.clear();
    for (const key of [...this.#objects.keys()]) this.#set(key, undefined);
  }
}

function namespaceIn(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf("/")));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
