import { isRecord } from "../../rollout/text/parse.ts";
import type { SourceProvider } from "../provider.ts";

/** A query and who answers it, or why Serin cannot ask it. */
export type ProviderQuery = (SourceProvider & { readonly query: string }) | { readonly reason: string };

type Settings = Readonly<Record<string, unknown>>;

/** The query of a metric's provider in the language of Serin's provider. */
export function queryOf(provider: Settings): ProviderQuery {
  const [kind = "", settings] = Object.entries(provider)[0] ?? [];
  if (!isRecord(settings)) return { reason: "it has no provider" };
  const query = textOf(settings.query);
  const address = textOf(settings.address);
  switch (kind) {
    case "prometheus":
      return settings.rangeQuery === undefined && settings.authentication === undefined
        ? { type: "prometheus", query, address: address || undefined, headers: headersIn(settings.headers) }
        : { reason: "Serin has neither range queries nor this authentication for Prometheus" };
    case "datadog":
      return query === ""
        ? { reason: "Serin asks Datadog one query" }
        : { type: "datadog", query, secret: secretIn(settings) };
    case "newRelic":
      return { type: "newrelic", query, secret: textOf(settings.profile) || "newrelic" };
    case "graphite":
      return {
        type: "graphite",
        query: /^target=/.test(query) ? query : `target=${query}`,
        address: address || undefined,
      };
    case "influxdb":
      return { type: "influxdb", query, secret: textOf(settings.profile) || "influxdb" };
    case "cloudWatch":
      return {
        type: "cloudwatch",
        query: JSON.stringify(capitalised(settings.metricDataQueries ?? []), undefined, 2),
      };
    case "web":
      return webQuery(settings);
    default:
      return { reason: `Serin has no provider ${kind}` };
  }
}

/** A GET of a number in JSON; anything more needs a person. */
function webQuery({
  url,
  method = "GET",
  headers,
  body,
  jsonBody,
  authentication,
  jsonPath,
}: Settings): ProviderQuery {
  const unfit = { headers, body, jsonBody, authentication };
  const found = Object.entries(unfit).filter(([, value]) => value !== undefined);
  if (method !== "GET" || found.length > 0)
    return {
      reason: `Serin sends a plain GET: ${method === "GET" ? found.map(([key]) => key).join(", ") : `not ${String(method)}`}`,
    };
  const [, origin, path = ""] = /^(https?:\/\/[^/?#{}]+)\/?(.*)$/s.exec(textOf(url)) ?? [];
  if (origin === undefined) return { reason: "the host of its URL is an argument" };
  const pointer = pointerOf(textOf(jsonPath));
  if (pointer === undefined) return { reason: `the path ${textOf(jsonPath)} does not name one value` };
  return { type: "http", address: origin, query: `${path}${pointer === "" ? "" : `#${pointer}`}` };
}

/** A JSON pointer for a path of names and numbers, such as `{$.data.items[0].value}`. */
function pointerOf(path: string): string | undefined {
  const inside = /^\{?\$?\.?(.*?)\}?$/.exec(path.trim())?.[1] ?? "";
  if (inside === "") return "";
  if (!/^[\w-]+(\.[\w-]+|\[\d+\])*$/.test(inside)) return undefined;
  return `/${inside.replaceAll(/\[(\d+)\]/g, ".$1").replaceAll(".", "/")}`;
}

function headersIn(headers: unknown): readonly string[] {
  return Array.isArray(headers) ? headers.flatMap((one) => (isRecord(one) ? [textOf(one.key)] : [])) : [];
}

function secretIn({ secretRef }: Settings): string | undefined {
  return isRecord(secretRef) && secretRef.name !== undefined ? textOf(secretRef.name) : "datadog";
}

/** The keys as the API of CloudWatch writes them. */
function capitalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalised);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key.charAt(0).toUpperCase() + key.slice(1),
      capitalised(each),
    ]),
  );
}

function textOf(value: unknown): string {
  return value === undefined ? "" : String(value);
}
