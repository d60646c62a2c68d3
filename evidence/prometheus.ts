import type { Connection } from "../providers/connection.ts";
import type { ReadCredentials } from "../providers/credentials-file.ts";
import { type Completeness, demandWhole } from "../providers/partial-answer.ts";
import { ProviderError } from "../providers/provider.ts";
import { asking } from "../providers/request.ts";
import { under } from "../providers/settings.ts";
import type { Labels, Sample } from "../rollout/gateways/metrics/sample.ts";

/** The address of Prometheus. */
export interface PrometheusOptions {
  /** The URL, or what gives it with the connection for each request; the latter may throw a ProviderError. */
  readonly url: string | (() => Promise<Endpoint>);
  /** ms; 5,000. */
  readonly timeoutMs?: number;
  /** Absent: requests carry no credentials. */
  readonly credentials?: ReadCredentials;
}

/** A Prometheus, and how to reach it now. */
export interface Endpoint extends Connection {
  readonly url: URL;
  /** Labels of this cluster's series, where several clusters store theirs in one place; absent: all series are this cluster's. */
  readonly labels?: Labels;
}

/** The longest answer. The counters of 500 rollouts are some MiB; a larger answer could exhaust the heap. */
const MOST_MIB = 64;

/** Instants `from`, `from + stepMs`, … up to `to`, all in ms. */
export interface Grid {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** A Prometheus server. Both methods throw a ProviderError if it does not answer. */
export interface Prometheus {
  /** The samples at each instant. An instant without samples is absent. */
  readonly over: (promql: string, grid: Grid) => Promise<ReadonlyMap<number, readonly Sample[]>>;
  /** The scrapes of a selector's series; `undefined` without two of a series in two minutes. */
  readonly scrapes: (selector: string, at: number) => Promise<Scrapes | undefined>;
}

/** The scrapes of a gateway. */
export interface Scrapes {
  /** Their interval, in ms. */
  readonly everyMs: number;
  /** When (ms) each target was scraped last. */
  readonly last: readonly number[];
}

/** Queries a Prometheus server's HTTP API (`/api/v1/query` and `/api/v1/query_range`, by POST). */
export function prometheus({ url, timeoutMs = 5_000, credentials }: PrometheusOptions): Prometheus {
  const none: Connection = { headers: {}, secrets: [] };
  const endpoint =
    typeof url === "function"
      ? url
      : async () => ({ url: new URL(url), ...((await credentials?.()) ?? none) });
  const ask = async (path: string, parameters: Record<string, string>): Promise<readonly Series[]> => {
    const { url: base, headers, secrets, dispatcher, labels = {} }: Endpoint = await endpoint();
    const question = {
      method: "POST",
      url: under(base, `api/v1/${path}`),
      headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(parameters).toString(),
    } as const;
    const limits = { timeoutMs, mostMib: MOST_MIB, dispatcher };
    const series = await asking(
      "Prometheus",
      secrets,
      limits,
    )(question, (text) => seriesOf(JSON.parse(text)));
    return series.filter(({ metric }) => isOf(metric, labels));
  };
  return {
    over: async (query, { from, to, stepMs }) => {
      const instants =
        from === to
          ? await ask("query", { query, time: seconds(to) })
          : await ask("query_range", {
              query,
              start: seconds(from),
              end: seconds(to),
              step: seconds(stepMs),
            });
      return byInstant(instants);
    },
    // A range keeps the metrics' names: timestamp() drops them, and Prometheus refuses series that then have the same labels.
    scrapes: async (selector, at) => {
      const series = await ask("query", { query: `${selector}[2m]`, time: seconds(at) });
      const everyMs = scrapeInterval(series.map(({ values = [] }) => values.map(([time]) => time)));
      return everyMs === undefined ? undefined : { everyMs, last: lastScrapes(series) };
    },
  };
}

type Value = readonly [seconds: number, value: string];

interface Series {
  readonly metric: Record<string, string>;
  /** The sample of a vector. */
  readonly value?: Value;
  /** The samples of a matrix. */
  readonly values?: readonly Value[];
}

interface Answer extends Completeness {
  readonly status: "success" | "error";
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: readonly Series[] };
}

function seriesOf(answer: Answer | null): readonly Series[] {
  if (answer?.status === "error") throw new ProviderError(`refuses the query: ${answer.error}`);
  if (!["vector", "matrix"].includes(answer?.data?.resultType ?? "")) {
    throw new ProviderError("gives an answer without series");
  }
  demandWhole(answer ?? {});
  return answer?.data?.result ?? [];
}

/** Whether a series may have these labels: a sum over several series has lost them. */
function isOf(metric: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => (metric[name] ?? value) === value);
}

function byInstant(series: readonly Series[]): ReadonlyMap<number, readonly Sample[]> {
  const instants = new Map<number, Sample[]>();
  for (const { metric: labels, value, values = value ? [value] : [] } of series) {
    for (const [time, text] of values) {
      const at = Math.round(time * 1000);
      const samples = instants.get(at) ?? [];
      samples.push({ labels, value: Number(text) });
      instants.set(at, samples);
    }
  }
  return instants;
}

/** The median distance of two scrapes, in ms. */
function scrapeInterval(scrapes: readonly (readonly number[])[]): number | undefined {
  const distances = scrapes
    .flatMap((times) => times.slice(1).map((time, i) => time - (times[i] ?? time)))
    .toSorted((a, b) => a - b);
  const median = distances[Math.floor(distances.length / 2)];
  return median === undefined ? undefined : Math.round(median * 1000);
}

function lastScrapes(series: readonly Series[]): readonly number[] {
  const targets = new Map<string, number>();
  for (const { metric, values = [] } of series) {
    const target = `${metric.instance}/${metric.job}`;
    const at = Math.round(1000 * (values.at(-1)?.[0] ?? 0));
    targets.set(target, Math.max(at, targets.get(target) ?? 0));
  }
  return [...targets.values()];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
