import { AwsV4Signer } from "aws4fetch";
import type { AwsCredentials } from "./identity.ts";
import { newest, type Provider, ProviderError, since } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

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
 * `MetricDataQueries`. Secret: `region`, and unless the pod has an identity `aws_access_key_id`, `aws_secret_access_key`,
 * and `aws_session_token` of temporary credentials.
 */
export function cloudWatchProvider(settings: Settings, context: RequestContext): Provider {
  const region = settings.required("region");
  const credentialsNow = credentialsOf(settings, context, region);
  const url = under(settings.address(`https://monitoring.${region}.amazonaws.com`), "");
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "GraniteServiceVersion20100801.GetMetricData",
  };
  return {
    async read(query, window, signal) {
      const body = JSON.stringify({
        StartTime: Math.floor(since(window) / 1000),
        EndTime: Math.floor(window.at / 1000),
        ScanBy: "TimestampDescending",
        MetricDataQueries: parseQuery(query),
      });
      const credentials = await credentialsNow();
      const signer = { credentials, region, service: "monitoring" };
      const request = { url, headers, body, at: context.clock.now() };
      const ask = asking(
        "CloudWatch",
        [credentials.secretAccessKey, credentials.sessionToken ?? ""],
        context,
      );
      return ask(
        { method: "POST", url, headers: await sign(signer, request), body },
        (text) => newest((JSON.parse(text) as Answer).MetricDataResults.map(pointsOf), window),
        signal,
      );
    },
  };
}

/** The keys of the Secret; without any the pod's, where the operator lets providers use them. */
function credentialsOf(settings: Settings, { identity }: RequestContext, region: string) {
  if (settings.optional("aws_access_key_id") === undefined && identity) return () => identity.aws(region);
  const sessionToken = settings.optional("aws_session_token");
  const credentials: AwsCredentials = {
    accessKeyId: settings.required("aws_access_key_id"),
    secretAccessKey: settings.required("aws_secret_access_key"),
    ...(sessionToken && { sessionToken }),
  };
  return async () => credentials;
}

/** The account that signs, and what for. */
export interface Signer {
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly service: string;
}

/** A POST to sign at an instant (ms). */
export interface Signable {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly at: number;
}

/** The headers of a POST with AWS Signature Version 4. All of them are signed, and the host. */
export async function sign(
  { credentials, region, service }: Signer,
  { url, headers, body, at }: Signable,
): Promise<Record<string, string>> {
  const signer = new AwsV4Signer({
    ...credentials,
    region,
    service,
    method: "POST",
    url: url.href,
    headers,
    body,
    datetime: new Date(at).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    allHeaders: true,
  });
  return Object.fromEntries((await signer.sign()).headers);
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
    throw new ProviderError("query for CloudWatch: not valid JSON: use a JSON list of MetricDataQuery", {
      cause,
    });
  }
  throw new ProviderError("query for CloudWatch: not a list: use a JSON list of MetricDataQuery");
}
