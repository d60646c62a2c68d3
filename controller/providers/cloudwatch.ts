import { newest, type Provider, ProviderError, since } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";
import { signed } from "./signature-v4.ts";

interface Answer {
  readonly MetricDataResults: readonly {
    readonly StatusCode?: "Complete" | "PartialData" | "InternalError" | "Forbidden";
    readonly Timestamps: readonly number[];
    readonly Values: readonly unknown[];
    readonly Messages?: readonly { readonly Value?: string }[];
  }[];
}

/**
 * Amazon CloudWatch (API Reference, "GetMetricData"), in its JSON protocol. A query is the JSON list
 * `MetricDataQueries`. Secret: `region`, `aws_access_key_id`, `aws_secret_access_key`, and `aws_session_token` of
 * temporary credentials.
 */
export function cloudWatchProvider(settings: Settings, context: RequestContext): Provider {
  const region = settings.required("region");
  const accessKeyId = settings.required("aws_access_key_id");
  const secretAccessKey = settings.required("aws_secret_access_key");
  const session = settings.optional("aws_session_token");
  const url = under(settings.address(`https://monitoring.${region}.amazonaws.com`), "");
  const ask = asking("CloudWatch", [secretAccessKey, session ?? ""], context);
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "GraniteServiceVersion20100801.GetMetricData",
    ...(session !== undefined && { "x-amz-security-token": session }),
  };
  const signer = { accessKeyId, secretAccessKey, region, service: "monitoring" };
  return {
    async read(query, window, signal) {
      const body = JSON.stringify({
        StartTime: Math.floor(since(window) / 1000),
        EndTime: Math.floor(window.at / 1000),
        ScanBy: "TimestampDescending",
        MetricDataQueries: parseQuery(query),
      });
      const request = { url, headers, body, at: context.clock.now() };
      return ask(
        { method: "POST", url, headers: signed(signer, request), body },
        (text) => newest((JSON.parse(text) as Answer).MetricDataResults.map(pointsOf), window),
        signal,
      );
    },
  };
}

function pointsOf({ StatusCode: status, Timestamps, Values, Messages }: Answer["MetricDataResults"][number]) {
  if (status === "InternalError" || status === "Forbidden") {
    const words = Messages?.map(({ Value }) => Value).join("; ");
    throw new ProviderError(`answers ${status}${words ? `: ${words}` : ""}`);
  }
  return Timestamps.map((seconds, i) => ({ at: seconds * 1000, value: Values[i] }));
}

function parseQuery(query: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(query);
    if (Array.isArray(parsed)) return parsed;
  } catch (cause) {
    throw new ProviderError("the query for CloudWatch is no JSON", { cause });
  }
  throw new ProviderError("the query for CloudWatch is no list of MetricDataQuery");
}
