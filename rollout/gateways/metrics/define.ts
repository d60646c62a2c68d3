import type { Backend } from "./backend.ts";
import { boundMatcher, secondsOf } from "./bounds.ts";
import { namesOf } from "./given-up.ts";
import type { GivenUp, Pack } from "./pack.ts";
import { anyOf, matcher } from "./pattern.ts";
import type { Labels } from "./sample.ts";

/** The differences between packs. */
export interface Definition
  extends Pick<Pack, "name" | "keysFor" | "keysOf" | "podOf">,
    Partial<Pick<Pack, "codeOf" | "targetOf" | "joined" | "undivided" | "countsMesh">> {
  /** The counter of requests. */
  readonly counter: string;
  readonly histogram?: Histogram;
  /** The counters of GRPCRoutes' calls, if they differ. */
  readonly grpc?: GrpcCounters;
  readonly givenUp?: Omit<GivenUp, "requests">;
  /** The labels that may hold the status, the finest first. */
  readonly codeLabels: readonly string[];
  /** Matchers that select these backends; several if a series may name its backend by different sets of labels. */
  selections(backends: readonly Backend[]): readonly string[];
}

/** Buckets of latency. */
interface Histogram {
  readonly metric: string;
  /** How many of its units make a second. */
  readonly perSecond: number;
  /**
   * Irrelevant labels that split a backend's buckets further: Prometheus sums over them. Allowed only if a process begins
   * and drops all these series together. Otherwise the sum would fall, and Serin would take that for a restart.
   */
  readonly without?: readonly string[];
}

/** Counters of gRPC calls. */
interface GrpcCounters {
  /** A metric's name, or an expression for several whose names end in `_<status>`. */
  readonly counter: string;
  /** Their histogram, in the unit of the other one, if it differs. */
  readonly buckets?: string;
  /** A matcher in addition to those of the backends. */
  readonly also?: string;
}

/** The label that holds the status in a query without metric names. */
export const NAMED_STATUS = "grpc_status";

/** A pack from its differences. */
export function definePack(definition: Definition): Pack {
  const { name, histogram, givenUp, codeLabels, keysFor, keysOf, podOf, joined, undivided, countsMesh } =
    definition;
  const selectors = (backends: readonly Backend[]) =>
    counted(definition, backends).map(({ counter, matchers }) => selector(counter, matchers));
  return {
    name,
    codeLabels,
    keysFor,
    keysOf,
    selectors,
    requests: (backends, range) =>
      (range === undefined ? selectors(backends) : increases(definition, backends, range)).join(" or "),
    all: (backends) => {
      const { counter, grpc } = definition;
      const calls = grpc !== undefined && backends.some(isCalled) ? [grpc.counter] : [];
      const isCounted = calls.length === 0 || !backends.every(isCalled);
      const counters = [...(isCounted ? [counter] : []), ...calls];
      return `count(${counters.map((one) => selector(one)).join(" or ")})`;
    },
    ...(histogram && {
      buckets: (backends: readonly Backend[], bounds?: readonly number[]) => {
        const { perSecond, without } = histogram;
        const le = bounds === undefined ? "" : `,${boundMatcher(bounds, perSecond)}`;
        const raw = counted(definition, backends).map(({ buckets, matchers }) =>
          selector(buckets, `${matchers}${le}`),
        );
        return without === undefined ? raw.join(" or ") : `sum without (${without}) (${raw.join(" or ")})`;
      },
    }),
    ...(givenUp && {
      givenUp: {
        ...givenUp,
        // One selector, because `or` drops a series whose labels a series of the other side has, whatever their names.
        requests: (backends: readonly Backend[]) => {
          const counters = counted(definition, backends).map(({ counter }) => counter);
          const names = anyOf([...counters, ...namesOf(givenUp)]);
          return definition
            .selections(backends)
            .map((matchers) => selector(names, matchers))
            .join(" or ");
        },
      },
    }),
    codeOf: definition.codeOf ?? ((labels) => first(labels, codeLabels)),
    boundOf: (labels) => secondsOf(labels.le, histogram?.perSecond ?? 1),
    targetOf: definition.targetOf ?? exporterOf,
    ...(podOf && { podOf }),
    ...(joined && { joined }),
    ...(undivided && { undivided }),
    ...(countsMesh && { countsMesh }),
  };
}

interface Counted {
  readonly counter: string;
  readonly buckets: string;
  readonly matchers: string;
}

function counted(definition: Definition, backends: readonly Backend[]): readonly Counted[] {
  const { grpc, counter, histogram, selections } = definition;
  const plain = { counter, buckets: histogram?.metric ?? "" };
  const counting = (what: typeof plain, those: readonly Backend[], also = "") =>
    selections(those).map((matchers) => ({ ...what, matchers: `${matchers}${also && `,${also}`}` }));
  if (grpc === undefined) return counting(plain, backends);
  const calls = backends.filter(isCalled);
  const others = backends.filter((backend) => !isCalled(backend));
  return [
    ...(others.length > 0 || calls.length === 0 ? counting(plain, others) : []),
    ...(calls.length > 0 ? counting({ ...plain, ...grpc }, calls, grpc.also) : []),
  ];
}

function isCalled({ routeKind }: Backend): boolean {
  return routeKind === "GRPCRoute";
}

function increases(definition: Definition, backends: readonly Backend[], range: string): readonly string[] {
  return counted(definition, backends).map(({ counter, matchers }) => {
    if (isName(counter)) return `increase(${selector(counter, matchers)}[${range}])`;
    // An increase drops the metric's name, and Prometheus refuses an answer in which two series have the same labels.
    const named = `label_replace(${selector(counter, matchers)}, "counter", "$1", "__name__", "(.+)")`;
    const labelled = `label_replace(${named}, "${NAMED_STATUS}", "$1", "__name__", ".+_(.+)")`;
    return `increase(${labelled}[${range}:5s])`;
  });
}

function selector(metric: string, matchers = ""): string {
  if (isName(metric)) return matchers === "" ? metric : `${metric}{${matchers}}`;
  return `{${[matcher("__name__", metric), matchers].filter(Boolean).join(",")}}`;
}

function isName(metric: string): boolean {
  return /^[\w:]+$/.test(metric);
}

/** The first of these labels with a value, or "". */
export function first(labels: Labels, names: readonly string[]): string {
  return names.map((name) => labels[name]).find(Boolean) ?? "";
}

/**
 * The scraped process, by the labels that service discovery gives; "/" occurs in none of them but the job. A federated counter
 * has those of its own process under other names, unless the federating Prometheus sets honor_labels.
 */
function exporterOf(labels: Labels): string {
  return ["instance", "pod", "job"].map((name) => first(labels, [`exported_${name}`, name])).join("/");
}
