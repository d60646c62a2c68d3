import { newest, type Point, type Provider, ProviderError } from "./provider.ts";
import { type Ask, asking, type RequestContext } from "./request.ts";
import { accessTokens, parseServiceAccount, type TokenOf } from "./service-account.ts";
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

/** Exactly one field is set; 64-bit integers are text in JSON. */
interface TypedValue {
  readonly doubleValue?: number | string;
  readonly int64Value?: string;
  readonly boolValue?: boolean;
  readonly stringValue?: string;
  readonly distributionValue?: object;
}

const SCOPE = "https://www.googleapis.com/auth/monitoring.read";

/**
 * Google Cloud Monitoring (API v3, "projects.timeSeries.query"). A query is written in MQL and says its own period.
 * Secret: `project`, and `serviceAccountKey` unless the pod has an identity.
 */
export function googleCloudMonitoringProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address("https://monitoring.googleapis.com");
  const url = under(base, `v3/projects/${encodeURIComponent(settings.required("project"))}/timeSeries:query`);
  const { ask, tokenOf } = accountOf(settings, context);
  return {
    async read(query, window, signal) {
      const authorization = `Bearer ${await tokenOf(context.clock.now(), signal)}`;
      const headers = { authorization, "content-type": "application/json" };
      const question = { method: "POST", url, headers, body: JSON.stringify({ query }) } as const;
      return ask(question, (text) => newest(seriesOf(JSON.parse(text)), window), signal);
    },
  };
}

/** The service account of the Secret; without one the pod's, where the operator lets providers use it. */
function accountOf(settings: Settings, context: RequestContext): { ask: Ask; tokenOf: TokenOf } {
  const product = "Google Cloud Monitoring";
  if (settings.optional("serviceAccountKey") === undefined && context.identity) {
    // Only Google may get the pod's token: it is good for all that the pod may do.
    if (settings.optional("address") !== undefined) {
      throw new ProviderError(
        "the pod's identity goes to Google only: remove address, or add serviceAccountKey",
      );
    }
    return { ask: asking(product, [], context), tokenOf: context.identity.google };
  }
  const account = parseServiceAccount(settings.required("serviceAccountKey"));
  const ask = asking(product, [account.private_key.trim()], context);
  return { ask, tokenOf: accessTokens(account, SCOPE, ask) };
}

/** One series for each column of values. */
function seriesOf({ timeSeriesData = [], partialErrors = [] }: Answer): readonly (readonly Point[])[] {
  const [error] = partialErrors;
  // The series that are there may be incomplete.
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
