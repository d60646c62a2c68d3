import type { Backend } from "./backend.ts";
import { definePack } from "./define.ts";
import type { Pack } from "./pack.ts";
import { matcher } from "./pattern.ts";

/** How a gateway that is made of Envoy names its backends. */
export interface EnvoyNaming extends Pick<Pack, "name" | "keysFor" | "keysOf"> {
  selection(backends: readonly Backend[]): string;
}

/**
 * A pack for Envoy's own statistics of upstream clusters. `upstream_rq` counts the final answer of each request, also the
 * 503 that Envoy makes when no endpoint is healthy, where `upstream_rq_total` counts tries; latency is in milliseconds.
 */
export function envoyPack({ selection, ...naming }: EnvoyNaming): Pack {
  return definePack({
    ...naming,
    counter: "envoy_cluster_upstream_rq",
    histogram: { metric: "envoy_cluster_upstream_rq_time_bucket", perSecond: 1_000 },
    codeLabels: ["envoy_response_code"],
    selections: (backends) => [selection(backends)],
  });
}

/** A matcher for the names of clusters. */
export function clusterMatcher(pattern: string): string {
  return matcher("envoy_cluster_name", pattern);
}
