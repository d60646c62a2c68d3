import type { Gateway, ReadVia } from "../gateways/gateway.ts";
import type { Plan } from "../plan/plan.ts";

/**
 * One line on what a verdict needs of this gateway's metrics, with the alternative; `undefined` if it needs nothing more.
 */
export function metricsWarning(
  { name, metrics }: Gateway,
  judged: readonly ReadVia[] = ["errors", "latency"],
  source: Plan["metrics"] = "gateway",
): string | undefined {
  const calls = judged.includes("calls");
  const why = metrics.unusable?.[calls ? "GRPCRoute" : "HTTPRoute"];
  if (why !== undefined) {
    const own = calls ? "grpc_server_handled_total" : "http_request_duration_seconds";
    return `${name}: ${why}; so the canary is judged by the application's own ${own}`;
  }
  const chosen = source === "envoy" ? metrics.envoy : undefined;
  if (source === "envoy" && chosen === undefined)
    return `serin.dev/metrics: ${name} has no other counters of an Envoy, so Serin reads its usual ones`;
  const needs = chosen === undefined ? judged.flatMap((what) => metrics.needs?.[what] ?? []) : [chosen.needs];
  if (needs.length === 0) return undefined;
  return `${name}: ${needs.join("; ")}; or judge by the application's own metrics: annotate serin.dev/metrics: application`;
}
