import type { EndedRollout } from "./api.ts";
import type { EndedVersion } from "./lean-objects.ts";

/** How many rollouts the list of what has ended has. */
const MOST = 500;

/** The rollouts that have ended, the newest first, of one namespace or of all that `mayRead` has. */
export function endedRollouts(
  versions: readonly EndedVersion[],
  namespace: string | undefined,
  readable: ReadonlySet<string>,
): readonly EndedRollout[] {
  return versions
    .flatMap(({ past }) => past ?? [])
    .filter((past) => readable.has(past.namespace) && (namespace ?? past.namespace) === past.namespace)
    .map((past) => ({ past, at: Date.parse(past.ended ?? "") }))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, MOST)
    .map(({ past }) => past);
}
