import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";

/** The Services that the plan is about, out of those that select the Deployment's pods. */
export function wantedServices(plan: Plan, services: readonly Service[]): readonly Service[] {
  return plan.services === undefined
    ? services
    : services.filter((service) => plan.services?.includes(service.metadata.name));
}

/** A route in a plan. A name without a namespace is in the Deployment's. */
type NamedRoute = NonNullable<Plan["routes"]>[number];

/** Whether the plan is about this route. */
export function isWantedRoute(plan: Plan, route: Pick<Route, "metadata">, namespace: string): boolean {
  return plan.routes === undefined || plan.routes.some((named) => isRoute(named, route, namespace));
}

/** The routes that the plan names and that are not among these. */
export function missingRoutes(
  { routes = [] }: Plan,
  found: readonly Route[],
  namespace: string,
): readonly NamedRoute[] {
  return routes.filter((named) => !found.some((route) => isRoute(named, route, namespace)));
}

/** One warning for each of them. A user may apply it after the Deployment. */
export function missingRouteWarnings(
  plan: Plan,
  found: readonly Route[],
  namespace: string,
): readonly string[] {
  return missingRoutes(plan, found, namespace).map(
    ({ name }) =>
      `serin.dev/routes: no route "${name}" names a Service of these pods yet, and the canary waits without weight until one does`,
  );
}

function isRoute(named: NamedRoute, { metadata }: Pick<Route, "metadata">, namespace: string): boolean {
  return named.name === metadata.name && (named.namespace ?? namespace) === metadata.namespace;
}
