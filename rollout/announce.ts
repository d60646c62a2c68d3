import { gatewaysOf, metricsWarning } from "./gateway.ts";
import type { Route, Service } from "./objects.ts";
import { servicesNamed } from "./overlay.ts";
import { describePlan, type Plan } from "./plan.ts";

/** The warnings of an admission that starts a rollout: what will happen, and what its gateways' metrics cannot tell. */
export function announce(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): readonly string[] {
  const names = services.map(({ metadata }) => metadata.name);
  const behind = names.length > 0 ? `; Services ${names.join(", ")}` : "; no Service selects its pods";
  return [`serin: ${describePlan(plan)}${behind}`, ...metricsWarnings(plan, services, routes)];
}

function metricsWarnings(plan: Plan, services: readonly Service[], routes: readonly Route[]): string[] {
  const slow = plan.checks.some(({ metric }) => metric === "percentile");
  const counts = plan.compare !== "off" || plan.checks.some(({ metric }) => metric !== "template");
  if (plan.metrics === "application" || !counts) return [];
  const naming = routes.filter((route) =>
    services.some(({ metadata }) => servicesNamed(route, metadata.namespace ?? "").has(metadata.name)),
  );
  const said = naming
    .flatMap(gatewaysOf)
    .flatMap((gateway) => metricsWarning(gateway, slow ? ["errors", "latency"] : ["errors"]) ?? []);
  return [...new Set(said)].map((warning) => `serin: ${warning}`);
}
