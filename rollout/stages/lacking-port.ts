import { portless } from "../preflight/ports.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { routedServices } from "./attach.ts";
import type { Snapshot } from "./snapshot.ts";

/** The fewest canary pods that every Service reaches, and the port that keeps ready pods from it, as a sentence. */
export function reachedPods(snapshot: Snapshot): { readonly pods: number; readonly lacking?: string } {
  const ready = snapshot.canary?.status?.readyReplicas ?? 0;
  const names = routedServices(snapshot).map(({ metadata }) => canaryServiceName(metadata.name));
  const reached = names.map((canaryService) => snapshot.endpoints.get(canaryService) ?? 0);
  const pods = Math.min(ready, ...reached);
  if (snapshot.routes.length === 0) {
    const lacking = ready > 0 ? lackingByPods(snapshot) : undefined;
    return lacking === undefined ? { pods } : { pods: 0, lacking };
  }
  const { canary } = snapshot;
  const lacking =
    pods < ready
      ? canary && portless(routedServices(snapshot), snapshot.routes, canary.spec.template)
      : undefined;
  return { pods, ...(lacking !== undefined && { lacking }) };
}

/**
 * Without a route there is no canary Service whose endpoints would show the ports that injected containers add. A port that
 * the stable version's template has must be in the canary's, or the promotion would leave the Service without an endpoint.
 */
function lackingByPods({ canary, stable, services }: Snapshot): string | undefined {
  if (canary === undefined || stable === undefined) return undefined;
  const served = services.filter((service) => portless([service], [], stable.spec.template) === undefined);
  return portless(served, [], canary.spec.template);
}
