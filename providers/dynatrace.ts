import { newest, type Point, type Provider, since } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

interface Answer {
  readonly result: readonly {
    readonly data: readonly {
      readonly timestamps: readonly number[];
      readonly values: readonly (number | null)[];
    }[];
  }[];
}

/**
 * Dynatrace (Metrics API v2, "GET metric data points"). A query is a metric selector. Secret: `address` (with
 * `/e/<environment>` where it is managed), `dynatrace_token`. One point an interval, of whole minutes, is asked for.
 */
export function dynatraceProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address();
  const token = settings.required("dynatrace_token");
  const ask = asking("Dynatrace", [token], context);
  return {
    async read(query, window, signal) {
      const url = under(base, "api/v2/metrics/query", {
        metricSelector: query.trim(),
        resolution: `${Math.ceil(window.intervalMs / 60_000)}m`,
        from: String(since(window)),
        to: String(window.at),
      });
      const headers = { authorization: `Api-Token ${token}` };
      return ask({ url, headers }, (text) => newest(seriesOf(JSON.parse(text)), window), signal);
    },
  };
}

function seriesOf({ result }: Answer): readonly (readonly Point[])[] {
  return result
    .flatMap(({ data }) => data)
    .map(({ timestamps, values }) => timestamps.map((at, i) => ({ at, value: values[i] })));
}
