import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";
import { namesAny } from "../traffic/overlay.ts";

/**
 * What to do if Prometheus finds the pods through one of these isolated Services: it would read the stable version's own
 * counters only. A Service that a route names needs nothing: its canary Service has the same labels.
 */
export function scrapeAdvice(
  { metrics }: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): string | undefined {
  if (metrics !== "application" || routes.length === 0) return undefined;
  const names = services
    .filter((service) => !routes.some((route) => namesAny(route, [service])))
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) return undefined;
  return `serin.dev/metrics: application: Serin isolates Service ${names.join(", ")}, so a scrape through it misses the canary: annotate it serin.dev/isolate: "false" if Prometheus uses it`;
}
