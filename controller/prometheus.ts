import { request } from "undici";
import type { Sample } from "../rollout/traefik.ts";

/** The metrics could not be read; the message is a sentence for people. */
export class SourceError extends Error {
  override name = "SourceError";
}

/** Where Prometheus is. */
export interface PrometheusOptions {
  readonly url: string;
  /** ms; 5,000. */
  readonly timeoutMs?: number;
}

/** Reads samples as they stood at an instant (ms). Throws a SourceError. */
export type Query = (promql: string, at: number) => Promise<readonly Sample[]>;

/** Queries a Prometheus server's HTTP API (`POST /api/v1/query`). */
export function prometheus({ url, timeoutMs = 5_000 }: PrometheusOptions): Query {
  return async (promql, at) => {
    const body = new URLSearchParams({ query: promql, time: (at / 1000).toFixed(3) }).toString();
    const answer = await post(`${url.replace(/\/$/, "")}/api/v1/query`, body, timeoutMs);
    if (answer.status !== "success") throw new SourceError(`Prometheus refuses the query: ${answer.error}`);
    if (answer.data?.resultType !== "vector")
      throw new SourceError("Prometheus answers with something else than a vector");
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
}

interface Answer {
  readonly status: "success" | "error";
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
  };
}

async function post(url: string, body: string, timeoutMs: number): Promise<Answer> {
  try {
    const response = await request(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return (await response.body.json()) as Answer;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SourceError(`Prometheus cannot be reached at ${new URL(url).host}: ${why}`, { cause: error });
  }
}
