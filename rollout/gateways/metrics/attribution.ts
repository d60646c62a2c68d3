import type { Backend } from "./backend.ts";
import type { Pack } from "./pack.ts";
import type { Labels } from "./sample.ts";

/** Several owners have a backend with this key. */
const contested = Symbol("contested");

/** The owner of a series, and the key that shows it. */
interface Attributed<Owner> {
  readonly owner: Owner;
  readonly key: string;
}

/**
 * The owner whose backend a series counts, and the key; `undefined` without one. A series whose key several owners have
 * counts for none of them, because another rollout's evidence is worse than none.
 */
export function attributedBy<Owner>(
  pack: Pack,
  owned: Iterable<readonly [backend: Backend, owner: Owner]>,
): (labels: Labels) => Attributed<Owner> | undefined {
  const owners = new Map<string, Owner | typeof contested>();
  for (const [backend, owner] of owned) {
    for (const key of pack.keysFor(backend)) {
      owners.set(key, !owners.has(key) || owners.get(key) === owner ? owner : contested);
    }
  }
  return (labels) => {
    const key = pack.keysOf(labels).find((candidate) => owners.has(candidate));
    const owner = key === undefined ? undefined : owners.get(key);
    return key === undefined || owner === contested ? undefined : { owner: owner as Owner, key };
  };
}

/** The owner alone. */
export function attribution<Owner>(
  ...from: Parameters<typeof attributedBy<Owner>>
): (labels: Labels) => Owner | undefined {
  const attributed = attributedBy(...from);
  return (labels) => attributed(labels)?.owner;
}
