/** The values under which an index finds an object: none, one or several. They must depend on the object alone. */
export type ValuesOf<T> = (object: T) => readonly string[];

/** Indexes by their names. */
export type Indexes<T, Name extends string> = Readonly<Record<Name, ValuesOf<T>>>;

/** Finds objects by their values without a look at any other object, as client-go's Indexer does. */
export class Indexer<T, Name extends string> {
  readonly #indexes: Indexes<T, Name>;
  /** Name of an index → value → key of an object → object. */
  readonly #found = new Map<string, Map<string, Map<string, T>>>();

  constructor(indexes: Indexes<T, Name>) {
    this.#indexes = indexes;
    for (const name of Object.keys(indexes)) this.#found.set(name, new Map());
  }

  /** The objects with this value, in no order. */
  by(name: Name, value: string): readonly T[] {
    return [...(this.#found.get(name)?.get(value)?.values() ?? [])];
  }

  /** Replaces the object under the key; `now` is undefined if the object is gone, `before` if it is new. */
  set(key: string, now: T | undefined, before: T | undefined): void {
    for (const [name, valuesOf] of Object.entries<ValuesOf<T>>(this.#indexes)) {
      const found = this.#found.get(name);
      for (const value of before === undefined ? [] : valuesOf(before)) {
        const objects = found?.get(value);
        objects?.delete(key);
        if (objects?.size === 0) found?.delete(value);
      }
      for (const value of now === undefined ? [] : valuesOf(now)) {
        const objects = found?.get(value) ?? new Map<string, T>();
        found?.set(value, objects.set(key, now as T));
      }
    }
  }
}
