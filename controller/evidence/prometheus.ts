import { request } from "undici";
import type { Sample } from "../../rollout/gateways/metrics/sample.ts";
import { ProviderError } from "../providers/provider.ts";

/** Where Prometheus is. */
export interface PrometheusOptions {
  readonly url: string;
  /** ms; 5,000. */
  readonly timeoutMs?: number;
}

/** Instants `from`, `from + stepMs`, … up to `to`, all in ms. */
export interface Grid {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** A Prometheus server. Everything throws a ProviderError when it cannot be asked. */
export interface Prometheus {
  /** The samples as they stood at each instant; one without any is absent. */
  readonly over: (promql: string, grid: Grid) => Promise<ReadonlyMap<number, readonly Sample[]>>;
  /** The interval (ms) at which the series of a selector are scraped; `undefined` without two scrapes in two minutes. */
  readonly scrapeMs: (selector: string, at: number) => Promise<number | undefined>;
}

/** Queries a Prometheus server's HTTP API (`/api/v1/query` and `/api/v1/query_range`, by POST). */
export function prometheus({ url, timeoutMs = 5_000 }: PrometheusOptions): Prometheus {
  const base = `${url.replace(/\/$/, "")}/api/v1`;
  const ask = async (path: string, parameters: Record<string, string>): Promise<readonly Series[]> => {
    const answer = await post(`${base}/${path}`, new URLSearchParams(parameters).toString(), timeoutMs);
    if (answer?.status === "error") throw new ProviderError(`Prometheus refuses the query: ${answer.error}`);
    if (!["vector", "matrix"].includes(answer?.data?.resultType ?? "")) {
      throw new ProviderError("Prometheus answers with something else than series");
    }
    return answer?.data?.result ?? [];
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
    scrapeMs: async (selector, at) => {
      const series = await ask("query", { query: `${selector}[2m]`, time: seconds(at) });
      return scrapeInterval(series.map(({ values = [] }) => values.map(([time]) => time)));
    },
  };
}

type Value = readonly [seconds: number, value: string];

interface Series {
  readonly metric: Record<string, string>;
  /** Of a vector. */
  readonly value?: Value;
  /** Of a matrix. */
  readonly values?: readonly Value[];
}

interface Answer {
  readonly status: "success" | "error";
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: readonly Series[] };
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

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

async function post(url: string, body: string, timeoutMs: number): Promise<Answer | null> {
  try {
    const response = await request(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return (await response.body.json()) as Answer | null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ProviderError(`Prometheus cannot be reached at ${new URL(url).host}: ${why}`, { cause: error });
  }
}
