import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";

/** The Services that the plan is about, out of those that select the Deployment's pods. */
export function wantedServices(plan: Plan, services: readonly Service[]): readonly Service[] {
  return plan.services === undefined
    ? services
    : services.filter((service) => plan.services?.includes(service.metadata.name));
}

/** Whether the plan is about this route. A name without a namespace is in the Deployment's. */
export function isWantedRoute(plan: Plan, { metadata }: Pick<Route, "metadata">, namespace: string): boolean {
  if (plan.routes === undefined) return true;
  return plan.routes.some(
    (wanted) => wanted.name === metadata.name && (wanted.namespace ?? namespace) === metadata.namespace,
  );
}
