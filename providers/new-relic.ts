import { newest, type Provider } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

type Row = Readonly<Record<string, unknown>>;

interface Answer {
  readonly results?: readonly Row[];
  readonly facets?: readonly { readonly results: readonly Row[] }[];
}

/**
 * New Relic (Insights query API). Secret: `newrelic_account_id`, `newrelic_query_key`; `address` for other data
 * centres than the first. NRQL sums up its window itself, so the value has no instant of its own and is never stale.
 */
export function newRelicProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address("https://insights-api.newrelic.com");
  const account = settings.required("newrelic_account_id");
  const key = settings.required("newrelic_query_key");
  const ask = asking("New Relic", [key], context);
  return {
    async read(query, window, signal) {
      const seconds = Math.ceil(window.intervalMs / 1000);
      const nrql = /\bSINCE\b/i.test(query) ? query : `${query.trim()} SINCE ${seconds} seconds ago`;
      const url = under(base, `v1/accounts/${encodeURIComponent(account)}/query`, { nrql });
      return ask(
        { url, headers: { "x-query-key": key } },
        (text) =>
          newest(
            valuesOf(JSON.parse(text)).map((value) => [{ at: window.at, value }]),
            window,
          ),
        signal,
      );
    },
  };
}

function valuesOf({ results, facets }: Answer): readonly unknown[] {
  const rows = facets?.flatMap((facet) => facet.results) ?? results;
  if (rows === undefined) throw new TypeError("neither results nor facets");
  return rows.flatMap(numbersIn);
}

/** The numbers and gaps of a row, also of `percentiles`, which are one level deeper. */
function numbersIn(row: Row): readonly unknown[] {
  return Object.values(row).flatMap((value) => {
    if (typeof value === "number" || value === null) return [value];
    return typeof value === "object" ? numbersIn(value as Row) : [];
  });
}
