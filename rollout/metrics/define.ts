import type { Backend } from "./backend.ts";
import { boundMatcher, secondsOf } from "./bound.ts";
import type { Pack } from "./pack.ts";
import type { Labels } from "./sample.ts";

/** What differs between packs. */
export interface Definition
  extends Pick<Pack, "name" | "keysFor" | "keysOf" | "podOf">,
    Partial<Pick<Pack, "codeOf" | "targetOf">> {
  /** The counter of requests. */
  readonly counter: string;
  readonly histogram?: Histogram;
  /** The labels that may hold the status, the finest first. */
  readonly codeLabels: readonly string[];
  /** Matchers that select these backends; several where a series may name its backend by one set of labels or another. */
  selections(backends: readonly Backend[]): readonly string[];
}

/** Buckets of latency. */
export interface Histogram {
  readonly metric: string;
  /** How many of its units make a second. */
  readonly perSecond: number;
  /**
   * Labels that split a backend's buckets further and say nothing that is asked: Prometheus sums over them. Only where one
   * process begins and drops all those series together; else the sum would fall, and be taken for a restart.
   */
  readonly without?: readonly string[];
}

/** A pack out of what is particular to it. */
export function definePack(definition: Definition): Pack {
  const { name, counter, histogram, codeLabels, selections, keysFor, keysOf, podOf } = definition;
  const selectors = (backends: readonly Backend[]) =>
    selections(backends).map((matchers) => `${counter}{${matchers}}`);
  return {
    name,
    codeLabels,
    keysFor,
    keysOf,
    selectors,
    requests: (backends, range) =>
      selectors(backends)
        .map((selector) => (range === undefined ? selector : `increase(${selector}[${range}])`))
        .join(" or "),
    ...(histogram && {
      buckets: (backends: readonly Backend[], bounds?: readonly number[]) => {
        const { metric, perSecond, without } = histogram;
        const le = bounds === undefined ? "" : `,${boundMatcher(bounds, perSecond)}`;
        const raw = selections(backends).map((matchers) => `${metric}{${matchers}${le}}`);
        return without === undefined ? raw.join(" or ") : `sum without (${without}) (${raw.join(" or ")})`;
      },
    }),
    codeOf: definition.codeOf ?? ((labels) => first(labels, codeLabels)),
    boundOf: (labels) => secondsOf(labels.le, histogram?.perSecond ?? 1),
    targetOf: definition.targetOf ?? exporterOf,
    ...(podOf && { podOf }),
  };
}

/** The first of these labels that says something, or "". */
export function first(labels: Labels, names: readonly string[]): string {
  return names.map((name) => labels[name]).find(Boolean) ?? "";
}

/** The scraped process, by the labels that service discovery gives; "/" occurs in none of them but the job. */
function exporterOf({ instance = "", pod = "", job = "" }: Labels): string {
  return `${instance}/${pod}/${job}`;
}
