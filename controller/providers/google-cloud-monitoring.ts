import { newest, type Point, type Provider, ProviderError } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { accessTokens, parseServiceAccount } from "./service-account.ts";
import { type Settings, under } from "./settings.ts";

interface Answer {
  readonly timeSeriesData?: readonly {
    readonly pointData?: readonly {
      readonly values: readonly TypedValue[];
      readonly timeInterval: { readonly endTime: string };
    }[];
  }[];
  readonly partialErrors?: readonly { readonly message?: string }[];
}

/** One of them is there; 64-bit integers are text in JSON. */
interface TypedValue {
  readonly doubleValue?: number | string;
  readonly int64Value?: string;
  readonly boolValue?: boolean;
  readonly stringValue?: string;
  readonly distributionValue?: object;
}

/**
 * Google Cloud Monitoring (API v3, "projects.timeSeries.query"). A query is written in MQL and says its own period.
 * Secret: `project`, `serviceAccountKey`.
 */
export function googleCloudMonitoringProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address("https://monitoring.googleapis.com");
  const url = under(base, `v3/projects/${encodeURIComponent(settings.required("project"))}/timeSeries:query`);
  const account = parseServiceAccount(settings.required("serviceAccountKey"));
  const ask = asking("Google Cloud Monitoring", [account.private_key.trim()], context);
  const tokenOf = accessTokens(account, "https://www.googleapis.com/auth/monitoring.read", ask);
  return {
    async read(query, window, signal) {
      const authorization = `Bearer ${await tokenOf(context.clock.now(), signal)}`;
      const headers = { authorization, "content-type": "application/json" };
      const question = { method: "POST", url, headers, body: JSON.stringify({ query }) } as const;
      return ask(question, (text) => newest(seriesOf(JSON.parse(text)), window), signal);
    },
  };
}

/** One series for each column of values. */
function seriesOf({ timeSeriesData = [], partialErrors = [] }: Answer): readonly (readonly Point[])[] {
  const [error] = partialErrors;
  // What is there may be half of the truth.
  if (error !== undefined) throw new ProviderError(`answers in part: ${error.message}`);
  return timeSeriesData.flatMap(({ pointData = [] }) => {
    const columns = pointData[0]?.values ?? [];
    return columns.map((_, i) =>
      pointData.map(({ values, timeInterval }) => ({
        at: Date.parse(timeInterval.endTime),
        value: numberIn(values[i]),
      })),
    );
  });
}

function numberIn(value: TypedValue = {}): unknown {
  return (
    value.doubleValue ?? value.int64Value ?? value.boolValue ?? value.stringValue ?? value.distributionValue
  );
}
