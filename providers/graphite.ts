import { newest, type Point, type Provider, ProviderError, since } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { credentialsOf, type Settings, under } from "./settings.ts";

type Answer = readonly {
  readonly datapoints: readonly (readonly [value: number | null, seconds: number])[];
}[];

/**
 * Graphite ("The Render URL API"). A query is written as its parameters, `target=…`; of them `target`, `from` and
 * `until` are taken. Secret: `address`, and `username` with `password` or `token`.
 */
export function graphiteProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address();
  const { headers, secrets } = credentialsOf(settings);
  const ask = asking("Graphite", secrets, context);
  return {
    async read(query, window, signal) {
      const given = new URLSearchParams(query.trim().replace(/\s+/g, " "));
      const targets = given.getAll("target");
      if (targets.length === 0) throw new ProviderError("query for Graphite: no target: use target=…");
      const [from, until] = [since(window), window.at].map((ms) => String(Math.floor(ms / 1000)));
      const url = under(base, "render", {
        from: given.get("from") ?? from ?? "",
        until: given.get("until") ?? until ?? "",
        format: "json",
      });
      for (const target of targets) url.searchParams.append("target", target);
      return ask({ url, headers }, (text) => newest(seriesOf(JSON.parse(text)), window), signal);
    },
  };
}

function seriesOf(answer: Answer): readonly (readonly Point[])[] {
  return answer.map(({ datapoints }) =>
    datapoints.map(([value, seconds]) => ({ at: seconds * 1000, value })),
  );
}
