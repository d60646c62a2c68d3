import type { Backend } from "./backend.ts";
import type { Pack } from "./pack.ts";
import type { Labels } from "./sample.ts";

/** More than one owner has a backend of this key. */
const contested = Symbol("contested");

/**
 * Tells whose backend a series counts for; `undefined` if nobody's. A key that two owners have tells nothing, so its series
 * count for neither: better no evidence than the neighbour's.
 */
export function attribution<Owner>(
  pack: Pack,
  owned: Iterable<readonly [backend: Backend, owner: Owner]>,
): (labels: Labels) => Owner | undefined {
  const owners = new Map<string, Owner | typeof contested>();
  for (const [backend, owner] of owned) {
    for (const key of pack.keysFor(backend)) {
      owners.set(key, !owners.has(key) || owners.get(key) === owner ? owner : contested);
    }
  }
  return (labels) => {
    const key = pack.keysOf(labels).find((candidate) => owners.has(candidate));
    const owner = key === undefined ? undefined : owners.get(key);
    return owner === contested ? undefined : (owner as Owner | undefined);
  };
}
