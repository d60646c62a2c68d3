/** One line of Prometheus' query log, as far as the bench reads it. `time`: when Prometheus had answered. */
interface Logged {
  readonly params: { readonly query: string; readonly start?: string; readonly end?: string };
  readonly time: string;
}

/** When the counters of one instant were answered for all rollouts, in ms since the epoch. */
export interface ReadTick {
  readonly instant: number;
  readonly answered: number;
  /** The rollouts that were read. */
  readonly rollouts: number;
}

/**
 * The ticks in a query log: for every instant at which a read ends, when its last query was answered, and how many of the
 * bench's apps its queries name. Serin judges an instant as soon as all answers are there.
 */
export function ticksOf(log: string): readonly ReadTick[] {
  const ticks = new Map<number, { answered: number; apps: Set<string> }>();
  for (const line of log.split("\n").slice(0, -1)) {
    const { params, time }: Logged = JSON.parse(line);
    const apps = params.query.match(/app-\d{4}/g);
    if (params.end === undefined || apps === null) continue;
    const instant = Date.parse(params.end);
    const tick = ticks.get(instant) ?? { answered: 0, apps: new Set() };
    tick.answered = Math.max(tick.answered, Date.parse(time));
    for (const app of apps) tick.apps.add(app);
    ticks.set(instant, tick);
  }
  return [...ticks]
    .map(([instant, { answered, apps }]) => ({ instant, answered, rollouts: apps.size }))
    .sort((a, b) => a.instant - b.instant);
}

/** How many instants of the grid were never read between the first tick and the last. */
export function skippedIn(ticks: readonly ReadTick[], tickMs: number): number {
  return ticks.reduce((sum, { instant }, i) => {
    const before = ticks[i - 1];
    return before === undefined ? sum : sum + Math.round((instant - before.instant) / tickMs) - 1;
  }, 0);
}
