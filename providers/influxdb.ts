import { tablesIn } from "./annotated-csv.ts";
import { newest, type Point, type Provider, ProviderError, type Window } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

/**
 * InfluxDB 2 (API, "Query data", POST /api/v2/query; "Annotated CSV"). A query is written in Flux. Secret:
 * `address`, `token`, `org`. Rows without `_time`, as after `count()`, are as new as their `_stop`.
 */
export function influxdbProvider(settings: Settings, context: RequestContext): Provider {
  const url = under(settings.address(), "api/v2/query", { org: settings.required("org") });
  const token = settings.required("token");
  const ask = asking("InfluxDB", [token], context);
  const headers = {
    authorization: `Token ${token}`,
    "content-type": "application/vnd.flux",
    accept: "application/csv",
  };
  return {
    async read(query, window, signal) {
      const question = { method: "POST", url, headers, body: query } as const;
      return ask(question, (text) => newest(seriesIn(text, window), window), signal);
    },
  };
}

function seriesIn(text: string, window: Window): readonly (readonly Point[])[] {
  return tablesIn(text).map((rows) =>
    rows.map((row) => {
      // InfluxDB reports an error after the first bytes of an answer inside the answer.
      if (row.error && row.table === undefined) throw new ProviderError(`fails: ${row.error.slice(0, 200)}`);
      if (row._value === undefined) throw new ProviderError("answers without a column _value");
      const instant = row._time || row._stop;
      const value = row._value === "" ? null : row._value;
      return { at: instant ? Date.parse(instant) : window.at, value };
    }),
  );
}
