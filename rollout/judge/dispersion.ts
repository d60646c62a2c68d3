/** The requests of one pod, or of one version, in one tick. */
interface Counted {
  readonly bad: number;
  readonly total: number;
}

/** The requests of one stable pod in one tick. */
export interface PodTick extends Counted {
  readonly pod: string;
}

const FEWEST_PODS = 3;
const MOST = 50;
/** Degrees of freedom that are added as if they varied as expected. */
const PRIOR = 3;

/**
 * phi, in [1, 50]: how much more the failures of stable pods vary than independent failures would, in the ticks before the
 * rollout. It is the larger of two ratios: within ticks (failures that come in bursts on one pod) and over all ticks (pods
 * that are always worse than others). Each pod is compared with its share of the tick's failures, so that an outage of all
 * pods cancels out. With fewer than three pods, phi is 1.
 */
export function dispersion(ticks: readonly (readonly PodTick[])[]): number {
  const pods = new Map<string, { bad: number; expected: number }>();
  for (const tick of ticks) {
    for (const [{ pod, bad, total }, expected] of compare(tick)) {
      const before = pods.get(pod) ?? { bad: 0, expected: 0 };
      pods.set(pod, { bad: before.bad + Math.min(bad, total), expected: before.expected + expected });
    }
  }
  if (pods.size < FEWEST_PODS) return 1;
  const between = sum([...pods.values()], ({ bad, expected }) => (bad - expected) ** 2 / expected);
  return clamp(within(ticks), between / (pods.size - 1));
}

/**
 * phi, in [1, 50], for metrics without a label for the pod: how much more the stable version's failures vary between
 * neighbouring ticks than independent failures would. It detects bursts on any pod, and slow changes of the base rate cancel
 * out. It cannot detect pods that are always worse than others.
 */
export function dispersionOverTime(ticks: readonly Counted[]): number {
  const pairs = ticks.flatMap((tick, i) => (i % 2 === 1 ? [[ticks[i - 1] ?? tick, tick]] : []));
  return clamp(within(pairs));
}

/** Pearson's statistic divided by its degrees of freedom. In each group, failures are expected in proportion to requests. */
function within(groups: readonly (readonly Counted[])[]): number {
  const compared = groups.map(compare);
  const freedom = sum(compared, (group) => Math.max(0, group.length - 1));
  const squares = sum(compared.flat(), ([{ bad, total }, expected]) => {
    return (Math.min(bad, total) - expected) ** 2 / expected;
  });
  // A few failures do not prove bursts, so PRIOR degrees of freedom are added that vary as expected.
  return freedom > 0 ? (squares + PRIOR) / (freedom + PRIOR) : Number.NaN;
}

/** Each member that served, with its expected failures. Empty without failures, because then no member can differ. */
function compare<C extends Counted>(group: readonly C[]): readonly (readonly [C, expected: number])[] {
  const served = group.filter(({ total }) => total > 0);
  const rate = sum(served, ({ bad, total }) => Math.min(bad, total)) / sum(served, ({ total }) => total);
  return rate > 0 ? served.map((one) => [one, one.total * rate] as const) : [];
}

/** The largest ratio, within [1, 50]. A ratio without degrees of freedom (NaN) does not count. */
function clamp(...ratios: readonly number[]): number {
  return Math.min(MOST, Math.max(1, ...ratios.filter(Number.isFinite)));
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
