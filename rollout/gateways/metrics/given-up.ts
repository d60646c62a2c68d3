import type { GivenUp } from "./pack.ts";
import type { Labels, Sample } from "./sample.ts";

/** How many requests of a backend their clients gave up before an answer, since the gateway's process started. */
export interface GivenUpBounds {
  /** At least so many. Open answers, such as streams, lower it, so it may fall. */
  readonly atLeast: number;
  /** At most so many: those whose clients ended a stream after its first bytes are among them. */
  readonly atMost: number;
}

/** The counters of one process and backend: their labels without the metric's name, the tries, and what they bound. */
export interface Bounded extends Sample {
  readonly givenUp: GivenUpBounds;
}

/**
 * The samples of one instant, and apart from them those by which Serin knows of requests without an answer. Only all of these
 * counters of a process together bound anything: a scrape may drop some of them.
 */
export function splitGivenUp(
  counters: GivenUp | undefined,
  samples: readonly Sample[],
): { readonly others: readonly Sample[]; readonly bounded: readonly Bounded[] } {
  if (counters === undefined) return { others: samples, bounded: [] };
  const names = new Set(namesOf(counters));
  const others: Sample[] = [];
  const groups = new Map<string, { readonly labels: Labels; readonly values: Map<string, number> }>();
  for (const sample of samples) {
    if (!names.has(sample.labels.__name__ ?? "")) {
      others.push(sample);
      continue;
    }
    const { __name__: name = "", ...labels } = sample.labels;
    const id = JSON.stringify(labels);
    const group = groups.get(id) ?? { labels, values: new Map() };
    groups.set(id, group);
    group.values.set(name, sample.value);
  }
  return {
    others,
    bounded: [...groups.values()].flatMap(({ labels, values }) => boundedBy(counters, labels, values) ?? []),
  };
}

/** The metrics' names. */
export function namesOf({ tries, ended, atMost }: Omit<GivenUp, "requests">): readonly string[] {
  return [tries, ...ended, ...atMost];
}

function boundedBy(
  counters: GivenUp,
  labels: Labels,
  values: ReadonlyMap<string, number>,
): Bounded | undefined {
  const { tries, ended, atMost } = counters;
  if (!namesOf(counters).every((name) => Number.isFinite(values.get(name)))) return undefined;
  const sum = (names: readonly string[]) => names.reduce((all, name) => all + (values.get(name) ?? 0), 0);
  const value = sum([tries]);
  return { labels, value, givenUp: { atLeast: value - sum(ended), atMost: sum(atMost) } };
}
