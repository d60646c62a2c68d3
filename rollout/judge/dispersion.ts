/** What one pod, or one version, did in one tick. */
interface Counted {
  readonly bad: number;
  readonly total: number;
}

/** What one pod of the stable version did in one tick. */
export interface PodTick extends Counted {
  readonly pod: string;
}

const FEWEST_PODS = 3;
const MOST = 50;
/** Degrees of freedom that are taken for granted. */
const PRIOR = 3;

/**
 * phi: how much more the failures of stable pods vary than independent ones would, in [1, 50], from the ticks before the
 * rollout. The larger of two: within ticks (failures that come in bursts on one pod) and over all ticks (pods that are
 * lastingly worse than others). Each pod is measured against its share of that tick's failures, so what strikes all pods
 * alike cancels. 1 with fewer than three pods.
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
 * phi where no metric tells the pods apart: how much more the failures of the stable version vary between neighbouring ticks
 * than independent ones would, in [1, 50]. Sees bursts, on whichever pod; slow changes of the base rate cancel. Cannot see
 * pods that are lastingly worse than others.
 */
export function dispersionOverTime(ticks: readonly Counted[]): number {
  const pairs = ticks.flatMap((tick, i) => (i % 2 === 1 ? [[ticks[i - 1] ?? tick, tick]] : []));
  return clamp(within(pairs));
}

/** Pearson's statistic over its degrees of freedom, for groups of which each should share its failures by requests. */
function within(groups: readonly (readonly Counted[])[]): number {
  const compared = groups.map(compare);
  const freedom = sum(compared, (group) => Math.max(0, group.length - 1));
  const squares = sum(compared.flat(), ([{ bad, total }, expected]) => {
    return (Math.min(bad, total) - expected) ** 2 / expected;
  });
  // A handful of failures proves no bursts: it counts as if so much had been seen that varies as it should.
  return freedom > 0 ? (squares + PRIOR) / (freedom + PRIOR) : Number.NaN;
}

/** Those that served, with the failures expected of them; none without a failure, as then nothing can differ. */
function compare<C extends Counted>(group: readonly C[]): readonly (readonly [C, expected: number])[] {
  const served = group.filter(({ total }) => total > 0);
  const rate = sum(served, ({ bad, total }) => Math.min(bad, total)) / sum(served, ({ total }) => total);
  return rate > 0 ? served.map((one) => [one, one.total * rate] as const) : [];
}

/** The largest within [1, 50]; a ratio without freedom is none. */
function clamp(...ratios: readonly number[]): number {
  return Math.min(MOST, Math.max(1, ...ratios.filter(Number.isFinite)));
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
