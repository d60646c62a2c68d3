/** A bound is worth watching if this share of the stable version's requests is slower. */
const TAIL = { least: 0.002, most: 0.5 } as const;

/**
 * Chooses the bucket bounds that say most about latency: the finite ones that 0.2 % to 50 % of the stable version's requests
 * exceeded before the rollout. If there are more than `most`, it chooses an even spread of them. `cumulative` counts the
 * requests at most as slow as each bound of `le` (ascending); its last count is the total. Empty without requests.
 */
export function monitored(le: readonly number[], cumulative: readonly number[], most = 3): readonly number[] {
  const total = cumulative.at(-1) ?? 0;
  if (total <= 0) return [];
  const telling = le.filter((bound, i) => {
    const tail = (total - (cumulative[i] ?? 0)) / total;
    return Number.isFinite(bound) && tail >= TAIL.least && tail <= TAIL.most;
  });
  return spread(telling, most);
}

/** Longer (s) than any step, for requests that no finite bound measures. */
const BEYOND = 7 * 86_400;

/** The first bound (s) that at least half of the requests kept, given as for `monitored`; `undefined` if none is known. */
export function medianBound(le: readonly number[], cumulative: readonly number[]): number | undefined {
  const total = cumulative.at(-1) ?? 0;
  if (total <= 0 || !le.some(Number.isFinite)) return undefined;
  const bound = le.find((_, i) => (cumulative[i] ?? 0) >= total / 2) ?? BEYOND;
  return Math.min(bound, BEYOND);
}

/** At most `most` bounds, evenly from the first to the last; a single one is the middle. */
function spread(bounds: readonly number[], most: number): readonly number[] {
  if (bounds.length <= most) return bounds;
  const last = bounds.length - 1;
  const chosen = Array.from({ length: most }, (_, i) =>
    most === 1 ? Math.floor(last / 2) : Math.round((i * last) / (most - 1)),
  );
  return chosen.flatMap((i) => bounds[i] ?? []);
}
