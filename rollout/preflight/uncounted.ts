import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { lacksCounters } from "../gateways/lookup.ts";
import { LONGEST_NAME } from "../gateways/metrics/pods.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import { namesAny } from "../traffic/overlay.ts";

/** Whether nothing counts the requests of the versions: no gateway does, and the plan does not ask the application. */
function isUncounted(
  { metrics }: Pick<Plan, "metrics">,
  services: readonly Service[],
  routes: readonly Route[],
): boolean {
  return metrics !== "application" && !routes.some((route) => namesAny(route, services));
}

/** Why Serin cannot ask for a check that the user wrote; `undefined` if it can ask for all. */
export function unaskable(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): string | undefined {
  const check = plan.checksAreDefault ? undefined : plan.checks.find(({ metric }) => metric !== "template");
  // A route that the plan names and that does not lead here ends the rollout with a sentence of its own.
  if (check === undefined || plan.routes !== undefined || !isUncounted(plan, services, routes))
    return undefined;
  const names = services.map(({ metadata }) => metadata.name).join(", ");
  const behind = names === "" ? "no Service selects these pods" : `no route names Service ${names}`;
  const use =
    "add an HTTPRoute or GRPCRoute that names their Service, annotate serin.dev/metrics: application to ask the " +
    "application's own metrics, or remove the check";
  return formatProblem(
    { what: `${behind}, so no gateway counts the requests of ${check.text}`, use },
    "serin.dev/checks",
  );
}

/** Why no counter could tell the versions apart, although the application counts; `undefined` if they can, or need not. */
export function indistinct(plan: Plan, deployment: string, routes: readonly Route[]): string | undefined {
  const isCounted = plan.compare !== "off" || plan.checks.some(({ metric }) => metric !== "template");
  const byPods = plan.metrics === "application" || routes.some(lacksCounters);
  if (!isCounted || !byPods || deployment.length <= LONGEST_NAME) return undefined;
  const what =
    "the application's counters name pods, and Kubernetes shortens the hash of the version in the names of these pods";
  const use =
    `give the Deployment a name of at most ${LONGEST_NAME} characters, or use serin.dev/compare: off with checks that count ` +
    "no requests";
  return formatProblem({ what, use }, "serin.dev/metrics");
}
