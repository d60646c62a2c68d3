import type { Prometheus } from "../evidence/prometheus.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Backend } from "../rollout/gateways/metrics/backend.ts";
import type { Labels, Sample } from "../rollout/gateways/metrics/sample.ts";
import type { CheckedRoute } from "./checked-route.ts";
import { checkVersions } from "./objects.ts";

/** How long (ms) Prometheus may take to scrape the gateway. */
const SCRAPED_MS = 75_000;
const LOOK_MS = 2_000;

/**
 * The series by which Serin would count each version's requests, or why there is none. The route must have one rule with a
 * weight for each version. Throws if the check ends meanwhile.
 */
export async function seriesOf(
  route: CheckedRoute,
  prometheus: Pick<Prometheus, "over">,
): Promise<Readonly<Record<string, string>>> {
  const { name, metrics } = route.gateway;
  const backends = route.backends();
  const everyone = (says: string) => Object.fromEntries(checkVersions.map((version) => [version, says]));
  const unusable = metrics.unusable?.[route.kind];
  if (unusable !== undefined) return everyone(`none: ${name} ${unusable}`);
  const { clock } = route.target;
  const found = async (query: string): Promise<readonly Sample[]> => {
    const now = clock.now();
    return (await prometheus.over(query, { from: now, to: now, stepMs: 1_000 })).get(now) ?? [];
  };
  const { pack } = metrics;
  const undivided = pack.undivided?.(backends);
  try {
    for (const until = clock.now() + SCRAPED_MS; ; await route.sleep(LOOK_MS)) {
      const samples = await found(pack.requests(backends));
      const of = (backend: Backend) =>
        samples.find(({ labels }) => pack.keysOf(labels).some((key) => pack.keysFor(backend).includes(key)));
      const each = backends.map(of);
      if (each.every((sample) => sample !== undefined))
        return Object.fromEntries(
          checkVersions.map((version, i) => [version, selectorOf(each[i]?.labels ?? {}, pack.codeLabels)]),
        );
      if (undivided !== undefined && (await found(undivided.series)).length > 0)
        return everyone(`none: ${name} ${undivided.reason}`);
      if (clock.now() > until) return everyone(`none in Prometheus for ${pack.requests(backends)}`);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return everyone(`not known: ${messageOf(error)}`);
  }
}

/** A series as PromQL writes it, without its status and without what a scrape adds. */
function selectorOf({ __name__: metric = "", ...labels }: Labels, codeLabels: readonly string[]): string {
  const left = Object.entries(labels).filter(([name]) => !["instance", "job", ...codeLabels].includes(name));
  return `${metric}{${left.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}}`;
}
