import { type Connection, connectionOf } from "./connection.ts";
import type { ReadCredentials } from "./credentials-file.ts";
import { type Completeness, demandWhole } from "./partial-answer.ts";
import { newest, type Provider, ProviderError, type Reading, type Window } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

interface Answer extends Completeness {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly resultType: string; readonly result: readonly unknown[] };
}

type Sample = readonly [seconds: number, value: string];

/**
 * Prometheus and what speaks its API (HTTP API, "Instant queries"). Secret: `address`, and what `connectionOf` reads, unless
 * `read` gives the credentials. Prometheus itself leaves out values older than its look-back
 * (5 min).
 */
export function prometheusProvider(
  settings: Settings,
  context: RequestContext,
  read?: ReadCredentials,
): Provider {
  const url = under(settings.address(), "api/v1/query");
  const own = connectionOf(settings);
  return {
    async read(query, window, signal) {
      const body = new URLSearchParams({ query, time: (window.at / 1000).toFixed(3) }).toString();
      const credentials: Connection = (await read?.()) ?? own;
      const { dispatcher = context.dispatcher } = credentials;
      const ask = asking("Prometheus", credentials.secrets, { ...context, dispatcher });
      const headers = { ...credentials.headers, "content-type": "application/x-www-form-urlencoded" };
      return ask(
        { method: "POST", url, headers, body },
        (text) => readAnswer(JSON.parse(text), window),
        signal,
      );
    },
  };
}

function readAnswer(answer: Answer, window: Window): Reading {
  const { status, error, data } = answer;
  if (status !== "success") throw new ProviderError(`refuses the query: ${error}`);
  demandWhole(answer);
  const point = ([seconds, value]: Sample) => [{ at: seconds * 1000, value }];
  if (data.resultType === "scalar") return newest([point(data.result as unknown as Sample)], window);
  if (data.resultType === "vector") {
    const samples = data.result as readonly { readonly value: Sample }[];
    return newest(
      samples.map(({ value }) => point(value)),
      window,
    );
  }
  if (data.resultType !== "matrix") throw new TypeError(`a result that is a ${data.resultType}`);
  return { kind: "several", reason: "the query yields a range of values instead of one" };
}
