import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { ReadVia } from "../gateways/gateway.ts";
import { gatewaysOf } from "../gateways/lookup.ts";
import { describePlan } from "../plan/describe.ts";
import { describeLayers, type Layer } from "../plan/layers.ts";
import type { Plan } from "../plan/plan.ts";
import { planCaveats } from "../preflight/preflight.ts";
import { scrapeAdvice } from "../preflight/scraping.ts";
import { namesAny } from "../traffic/overlay.ts";
import { homeOf } from "../traffic/route-record.ts";
import { unansweredWarnings } from "../traffic/route-status.ts";
import { isStableDown, WAY_OUT } from "../workload/stable-down.ts";
import { type AdmissionResponse, withWarnings } from "./answer.ts";
import { metricsWarning } from "./metrics-warnings.ts";
import { unknownGatewayWarnings } from "./unknown-gateways.ts";

/** The warnings of an admission that starts a rollout: its plan, and the limits of its gateways and their metrics. */
export function announce(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
  layers: readonly Layer[] = [],
): readonly string[] {
  const names = services.map(({ metadata }) => metadata.name);
  const behind = names.length > 0 ? `; Services ${names.join(", ")}` : "; no Service to isolate";
  const from = layers.length > 0 ? `; by ${describeLayers(layers)}` : "";
  const naming = routes.filter((route) => namesAny(route, services));
  const advice = scrapeAdvice(plan, services, naming);
  const doubts = [
    ...planCaveats(plan, services, naming),
    ...unansweredWarnings(naming),
    ...(advice === undefined ? [] : [advice]),
  ];
  return [
    `${describePlan(plan, naming.length === 0)}${from}${behind}`,
    ...doubts,
    ...metricsWarnings(plan, naming),
    ...unknownGatewayWarnings(plan, naming),
  ];
}

function metricsWarnings(plan: Plan, routes: readonly Route[]): string[] {
  const slow = plan.checks.some(({ metric }) => metric === "percentile");
  const counts = plan.compare !== "off" || plan.checks.some(({ metric }) => metric !== "template");
  if (plan.metrics === "application" || !counts) return [];
  const judged = (route: Route): readonly ReadVia[] => [
    "errors",
    ...(slow ? (["latency"] as const) : []),
    ...(homeOf(route).kind === "GRPCRoute" ? (["calls"] as const) : []),
  ];
  const said = routes.flatMap((route) =>
    gatewaysOf(route).flatMap((gateway) => metricsWarning(gateway, judged(route), plan.metrics) ?? []),
  );
  return [...new Set(said)];
}

/** Adds a warning if no stable pod is ready when a user requests the next version. */
export function warnStableDown(answer: AdmissionResponse, stable: ReplicaSet | undefined): AdmissionResponse {
  if (!isStableDown(stable)) return answer;
  const warning = `no stable pod is ready: annotating serin.dev/promote with the new revision ${WAY_OUT}`;
  return withWarnings(answer, [warning]);
}
