import { type KubeObject, versionOf } from "../../kube/core/meta.ts";

/** Both copies together: of an object in both, the newer version. */
export function newerOfEach<T extends KubeObject>(
  found: ReadonlyMap<string, T>,
  cached: ReadonlyMap<string, T>,
): readonly T[] {
  const all = new Map(found);
  for (const [key, object] of cached) {
    const other = all.get(key);
    if (other === undefined || versionOf(other) < versionOf(object)) all.set(key, object);
  }
  return [...all.values()];
}

/** The objects by their keys. */
export function byKey<T>(objects: readonly T[], keyOf: (object: T) => string): Map<string, T> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}
