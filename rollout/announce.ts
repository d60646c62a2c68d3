import { describeLayers, type Layer } from "./defaults.ts";
import { gatewaysOf, type Judged, metricsWarning } from "./gateway.ts";
import type { Route, Service } from "./objects.ts";
import { planDoubts } from "./obstacle.ts";
import { homeOf, namesAny } from "./overlay.ts";
import { unansweredWarnings } from "./parents.ts";
import { describePlan, type Plan } from "./plan.ts";

/** The warnings of an admission that starts a rollout: what will happen, and what its gateways' metrics cannot tell. */
export function announce(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
  layers: readonly Layer[] = [],
): readonly string[] {
  const names = services.map(({ metadata }) => metadata.name);
  const behind = names.length > 0 ? `; Services ${names.join(", ")}` : "; no Service selects its pods";
  const from = layers.length > 0 ? `; by ${describeLayers(layers)}` : "";
  const naming = routes.filter((route) => namesAny(route, services));
  const doubts = [...planDoubts(plan, services, naming), ...unansweredWarnings(naming)];
  return [
    `serin: ${describePlan(plan)}${from}${behind}`,
    ...doubts.map((doubt) => `serin: ${doubt}`),
    ...metricsWarnings(plan, naming),
  ];
}

function metricsWarnings(plan: Plan, routes: readonly Route[]): string[] {
  const slow = plan.checks.some(({ metric }) => metric === "percentile");
  const counts = plan.compare !== "off" || plan.checks.some(({ metric }) => metric !== "template");
  if (plan.metrics === "application" || !counts) return [];
  const judged = (route: Route): readonly Judged[] => [
    "errors",
    ...(slow ? (["latency"] as const) : []),
    ...(homeOf(route).kind === "GRPCRoute" ? (["calls"] as const) : []),
  ];
  const said = routes.flatMap((route) =>
    gatewaysOf(route).flatMap((gateway) => metricsWarning(gateway, judged(route)) ?? []),
  );
  return [...new Set(said)].map((warning) => `serin: ${warning}`);
}
