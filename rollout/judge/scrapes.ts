/** Who scraped a process: several jobs may, or several Prometheus servers that store their samples in one place. */
export interface ProcessScrape {
  /** The address of the process. */
  readonly address: string;
  readonly by: string;
}

/** What a counter counts. */
interface Counting {
  readonly arm: string;
  readonly code?: string;
  readonly le?: number;
  readonly scrape?: ProcessScrape;
}

/** A counter, and what it added in a tick. */
interface Increment<Of> {
  readonly counter: Of;
  readonly added: number;
}

/** Scrape of a process → what is counted → the requests that another scrape showed and this one has not shown yet. */
type Lags = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** The lags of each process, by address. */
export type ScrapeLags = ReadonlyMap<string, Lags>;

/**
 * Counts what several scrapes of a process have in common once: of each count of a process, the scrape that shows the most new
 * requests in this tick. Which one that is may change with each tick, and no scrape is preferred, because any of them may
 * stand still, be absent, lack some counters, or be written by a tenant.
 *
 * A scrape that shows a request later than another one must not count it again, so its increments first make up for its lag.
 * As soon as any of its counters grows, the scrape is up to date with the ticks before: no lag of theirs hides more.
 */
export function countOnce<Of extends Counting>(
  increments: readonly Increment<Of>[],
  before: ScrapeLags = new Map(),
): { readonly counted: readonly Increment<Of>[]; readonly lags: ScrapeLags } {
  const counted: Increment<Of>[] = [];
  const lags = new Map(before);
  for (const [address, found] of Map.groupBy(increments, ({ counter }) => counter.scrape?.address)) {
    if (address === undefined) {
      counted.push(...found);
      continue;
    }
    const once = countProcess(found, before.get(address) ?? new Map());
    counted.push(...once.counted);
    lags.set(address, once.lags);
  }
  return { counted, lags };
}

function countProcess<Of extends Counting>(increments: readonly Increment<Of>[], before: Lags) {
  const scrapes = new Map<string, Map<string, readonly Increment<Of>[]>>();
  for (const [by, found] of Map.groupBy(increments, ({ counter }) => counter.scrape?.by ?? "")) {
    scrapes.set(by, Map.groupBy(found, keyOf));
  }
  const newOf = (by: string, key: string) =>
    without(scrapes.get(by)?.get(key) ?? [], before.get(by)?.get(key) ?? 0);
  const most = new Map<string, readonly Increment<Of>[]>();
  for (const [by, counts] of scrapes) {
    for (const key of counts.keys()) {
      const shown = newOf(by, key);
      const best = most.get(key);
      if (best === undefined || sum(shown) > sum(best)) most.set(key, shown);
    }
  }
  const lags = new Map([...scrapes.keys()].map((by): [string, Map<string, number>] => [by, new Map()]));
  // A scrape that is new begins with its present values, so it lags behind nothing.
  for (const [by, lag] of before) {
    const hasGrown = [...(scrapes.get(by)?.values() ?? [])].some((found) => sum(found) > 0);
    const next = new Map(hasGrown ? [] : lag);
    for (const [key, shown] of most) {
      const more = sum(shown) - sum(newOf(by, key));
      if (more > 0) next.set(key, (next.get(key) ?? 0) + more);
    }
    lags.set(by, next);
  }
  return { counted: [...most.values()].flat(), lags };
}

/** What a counter counts: the labels of the same counter differ between scrapes. */
function keyOf({ counter: { arm, code, le } }: Increment<Counting>): string {
  return `${arm} ${code} ${le}`;
}

/** The increments without the first requests of them. */
function without<Of>(increments: readonly Increment<Of>[], requests: number): readonly Increment<Of>[] {
  if (requests === 0) return increments;
  let left = requests;
  return increments.map(({ counter, added }) => {
    const known = Math.min(left, added);
    left -= known;
    return { counter, added: added - known };
  });
}

function sum(increments: readonly Increment<unknown>[]): number {
  return increments.reduce((all, { added }) => all + added, 0);
}
