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
  /** The histogram's buckets, and how many of its units make a second. */
  readonly histogram?: { readonly metric: string; readonly perSecond: number };
  /** The labels that may hold the status, the finest first. */
  readonly codeLabels: readonly string[];
  /** Matchers that select these backends; several where a series may name its backend by one set of labels or another. */
  selections(backends: readonly Backend[]): readonly string[];
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
        const le = bounds === undefined ? "" : `,${boundMatcher(bounds, histogram.perSecond)}`;
        return selections(backends)
          .map((matchers) => `${histogram.metric}{${matchers}${le}}`)
          .join(" or ");
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
