/** A boundary is worth watching while this share of the stable version's requests is slower. */
const TAIL = { least: 0.002, most: 0.5 } as const;

/**
 * The bucket boundaries that say most about latency: finite ones above which 0.2 % to 50 % of the stable version's requests
 * lay before the rollout; when there are more than `most`, those spread evenly over them. `cumulative` counts the requests
 * at most as slow as each of `le` (ascending); the last count is the total. None without requests.
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

/** At most so many of them, from the first to the last; of one, the middle. */
function spread(bounds: readonly number[], most: number): readonly number[] {
  if (bounds.length <= most) return bounds;
  const last = bounds.length - 1;
  const chosen = Array.from({ length: most }, (_, i) =>
    most === 1 ? Math.floor(last / 2) : Math.round((i * last) / (most - 1)),
  );
  return chosen.flatMap((i) => bounds[i] ?? []);
}
