import { attributedBy } from "../rollout/gateways/metrics/attribution.ts";
import type { Backend } from "../rollout/gateways/metrics/backend.ts";
import { type GivenUpBounds, splitGivenUp } from "../rollout/gateways/metrics/given-up.ts";
import type { Pack } from "../rollout/gateways/metrics/pack.ts";
import type { Labels, Sample } from "../rollout/gateways/metrics/sample.ts";
import type { Counter } from "../rollout/judge/counters.ts";
import type { JudgeInput } from "../rollout/judge/evidence.ts";
import type { ProcessScrape } from "../rollout/judge/scrapes.ts";
import type { Doubt, FindDoubt, Namesakes } from "./namesakes.ts";
import type { Grid, Prometheus } from "./prometheus.ts";

/** A rollout, and the latency bounds (seconds) to read: all, or these. */
export interface CounterQuery {
  readonly watch: Pick<JudgeInput, "uid" | "sources">;
  readonly bounds: readonly number[] | "all";
}

/** An address with its port. Some scrapes put a node's name in its place, which several processes share. */
const ADDRESS = /:\d+$/;

/** The counters of one rollout. */
export interface CounterReading {
  /** By instant (ms). An absent instant had none. */
  readonly instants: ReadonlyMap<number, readonly Counter[]>;
  /** Present: up to an instant, they may be those of others. */
  readonly doubt?: Doubt;
}

interface Reading {
  readonly instants: Map<number, Counter[]>;
  /** The values of the label by which stores of several clusters tell their series apart → the processes that have it. */
  readonly clusters: Map<string, Set<string>>;
  doubt?: Doubt;
}

interface Owner {
  readonly uid: string;
  readonly arm: Counter["arm"];
}

/** What a sample counts; of tries, what is known with them. */
type Kind = "requests" | "buckets" | GivenUpBounds;

/** Where the counters come from. */
export interface CounterSource {
  readonly prometheus: Pick<Prometheus, "over">;
  readonly namesakes: Pick<Namesakes, "doubts">;
}

/** Reads the counters of many rollouts, by UID: one query for each metric of each kind of gateway. */
export async function readCounters(
  from: CounterSource,
  asked: readonly CounterQuery[],
  grid: Grid,
): Promise<ReadonlyMap<string, CounterReading>> {
  const empty = (): Reading => ({ instants: new Map(), clusters: new Map() });
  const read = new Map(asked.map(({ watch }) => [watch.uid, empty()]));
  const packs = new Set(asked.flatMap(({ watch }) => watch.sources.map(({ pack }) => pack)));
  await Promise.all([...packs].map((pack) => readPack(from, pack, asked, grid, read)));
  for (const reading of read.values())
    if (areSeveral(reading.clusters))
      reading.doubt = { reason: severalClusters(reading.clusters), until: grid.to };
  return read;
}

/** An application may have a label of the same name, with several values in one process. */
function areSeveral(clusters: Reading["clusters"]): boolean {
  const processes = [...clusters.values()].flatMap((some) => [...some]);
  return clusters.size > 1 && new Set(processes).size === processes.length;
}

function severalClusters(clusters: Reading["clusters"]): string {
  const names = [...clusters.keys()].toSorted();
  return (
    `Prometheus has these counters of several clusters (${names.join(", ")}): an administrator must name the labels of this ` +
    `cluster's series, such as cluster=${names[0]}, under the key labels of the provider's Secret`
  );
}

async function readPack(
  { prometheus, namesakes }: CounterSource,
  pack: Pack,
  asked: readonly CounterQuery[],
  grid: Grid,
  read: ReadonlyMap<string, Reading>,
): Promise<void> {
  const owned = asked.flatMap(({ watch }) => ownersOf(watch, pack));
  if (owned.length === 0) return;
  const backends = owned.map(([backend]) => backend);
  const attributed = attributedBy(pack, owned);
  // Without a canary, nothing is compared.
  const compares = owned.some(([, { arm }]) => arm === "canary");
  const withGivenUp = compares ? pack.givenUp : undefined;
  const queries = [(withGivenUp ?? pack).requests(backends), ...bucketQueries(pack, asked)];
  const note = (at: number, sample: Sample, kind: Kind) => {
    const found = attributed(sample.labels);
    // A stale marker, or the value by which some exporters mean "unknown".
    if (found === undefined || !Number.isFinite(sample.value)) return;
    const reading = read.get(found.owner.uid);
    if (reading === undefined) return;
    const counters = reading.instants.get(at) ?? [];
    const counter = counterOf(pack, sample, found.owner, kind);
    counters.push(counter);
    reading.instants.set(at, counters);
    const { cluster } = sample.labels;
    if (cluster)
      reading.clusters.set(cluster, (reading.clusters.get(cluster) ?? new Set()).add(counter.target));
    const doubt = doubtOf(found.owner.uid, found.key);
    if (doubt !== undefined && at <= doubt.until && doubt.until >= (reading.doubt?.until ?? 0))
      reading.doubt = doubt;
  };
  const answers = await Promise.all(queries.map((promql) => prometheus.over(promql, grid)));
  // Afterwards: a route that came during the read counts as well.
  const doubtOf = memoized(namesakes.doubts(pack));
  answers.forEach((instants, i) => {
    for (const [at, samples] of instants) {
      const { others, bounded } = splitGivenUp(i === 0 ? withGivenUp : undefined, samples);
      for (const sample of others) note(at, sample, i === 0 ? "requests" : "buckets");
      for (const { givenUp, ...tries } of bounded) note(at, tries, givenUp);
    }
  });
}

/** A read contains many series of few keys. */
function memoized(find: FindDoubt): FindDoubt {
  const known = new Map<string, Doubt | undefined>();
  return (uid, key) => {
    const id = `${uid} ${key}`;
    if (!known.has(id)) known.set(id, find(uid, key));
    return known.get(id);
  };
}

/** One owner for each rollout and version, because several of its backends may have the same key. */
function ownersOf({ uid, sources }: CounterQuery["watch"], pack: Pack): (readonly [Backend, Owner])[] {
  const [canary, stable]: readonly Owner[] = [
    { uid, arm: "canary" },
    { uid, arm: "stable" },
  ];
  return sources
    .filter((source) => source.pack === pack)
    .flatMap((source) => [
      ...source.canary.map((backend) => [backend, canary as Owner] as const),
      ...source.stable.map((backend) => [backend, stable as Owner] as const),
    ]);
}

function bucketQueries(pack: Pack, asked: readonly CounterQuery[]): readonly string[] {
  const wanting = asked.filter(({ bounds }) => bounds === "all" || bounds.length > 0);
  const backends = wanting.flatMap(({ watch }) => ownersOf(watch, pack).map(([backend]) => backend));
  if (pack.buckets === undefined || backends.length === 0) return [];
  const every = wanting.some(({ bounds }) => bounds === "all");
  const bounds = [...new Set(wanting.flatMap((one) => (one.bounds === "all" ? [] : one.bounds)))];
  return [pack.buckets(backends, every ? undefined : bounds)];
}

function counterOf(pack: Pack, { labels, value }: Sample, { arm }: Owner, kind: Kind): Counter {
  const pod = pack.podOf?.(labels);
  const scrape = scrapeOf(labels, pod !== undefined);
  const counter = {
    arm,
    series: JSON.stringify(labels),
    target: pack.targetOf(labels),
    // A pod counts only its own requests, so a canary pod's counters began with the pod.
    fresh: arm === "canary" && pod !== undefined,
    value,
    ...(pod !== undefined && { pod }),
    ...(scrape && { scrape }),
  };
  // Known apart, because Prometheus may begin to keep these counters later than others.
  if (typeof kind === "object") return { ...counter, target: `${counter.target} given up`, givenUp: kind };
  return kind === "requests"
    ? { ...counter, code: pack.codeOf(labels) }
    : { ...counter, le: pack.boundOf(labels) };
}

/** A scrape's labels, and those by which several Prometheus servers that store their samples in one place are told apart. */
const scrapes = [
  "job",
  "instance",
  "prometheus",
  "prometheus_replica",
  "receive_replica",
  "__replica__",
] as const;
/** Those of the scrape that Prometheus federates, without honor_labels. */
const federated = ["exported_job", "exported_instance"] as const;

/** A job of one Prometheus. An application may have labels `job`, `instance` and `replica` of its own, with several values. */
function scrapeOf(labels: Labels, isApplication: boolean): ProcessScrape | undefined {
  // Prometheus renames an application's own label as well, but every federated counter has both.
  const isFederated = federated.every((name) => labels[name] !== undefined);
  const address = labels[isFederated ? "exported_instance" : "instance"] ?? "";
  if (!ADDRESS.test(address)) return undefined;
  const names = [...scrapes, ...(isFederated ? federated : []), ...(isApplication ? [] : ["replica"])];
  return { address, by: JSON.stringify(names.map((name) => labels[name])) };
}
