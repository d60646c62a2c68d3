import { newest, type Point, type Provider, ProviderError, since } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly series: readonly {
    readonly pointlist: readonly (readonly [ms: number, value: number | null])[];
  }[];
}

/**
 * Datadog (API reference, Metrics, "Query timeseries points", v1). Secret: `datadog_api_key`,
 * `datadog_application_key`; `address` for other sites than the first.
 */
export function datadogProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address("https://api.datadoghq.com");
  const apiKey = settings.required("datadog_api_key");
  const applicationKey = settings.required("datadog_application_key");
  const ask = asking("Datadog", [apiKey, applicationKey], context);
  return {
    async read(query, window, signal) {
      const [from, to] = [since(window), window.at].map((ms) => String(Math.floor(ms / 1000)));
      const url = under(base, "api/v1/query", { from: from ?? "", to: to ?? "", query });
      const headers = { "dd-api-key": apiKey, "dd-application-key": applicationKey };
      return ask({ url, headers }, (text) => newest(seriesOf(JSON.parse(text)), window), signal);
    },
  };
}

function seriesOf({ status, error, series }: Answer): readonly (readonly Point[])[] {
  if (status === "error") throw new ProviderError(`refuses the query: ${error}`);
  return series.map(({ pointlist }) => pointlist.map(([at, value]) => ({ at, value })));
}
