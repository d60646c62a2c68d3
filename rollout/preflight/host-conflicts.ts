import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";
import { matchesOf } from "../traffic/matches.ts";
import { namesAny, rulesOf } from "../traffic/overlay.ts";
import { parentsNamed } from "../traffic/route-status.ts";

/**
 * What a plan's users should know of other routes for the same host. Rules of ours keep the precedence within a route;
 * between routes, one that names a header more takes the request, and ours do.
 */
export function hostConflictCaveats(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
  all: readonly Route[],
): readonly string[] {
  const key = plan.match === undefined ? plan.stickyMs && "sticky" : "match";
  if (!key) return [];
  const own = routes.filter((route) => namesAny(route, services));
  const others = all.filter((other) => !own.some((route) => routeKeyOf(route) === routeKeyOf(other)));
  const near = others.filter((other) => own.some((route) => shareHost(route, other) && tells(other)));
  return near.map(({ metadata: { namespace, name } }) => {
    const both = "is for the same host and chooses by headers or query parameters, too";
    return `serin.dev/${key}: route ${namespace}/${name} ${both}: requests for it may go to the canary instead; put both into one route`;
  });
}

function shareHost(a: Route, b: Route): boolean {
  const [hosts, others] = [hostnamesOf(a), hostnamesOf(b)];
  const open = hosts.length === 0 || others.length === 0;
  const parents = parentsNamed(b);
  const together = parentsNamed(a).some((parent) => parents.includes(parent));
  return together && (open || hosts.some((host) => others.includes(host)));
}

function hostnamesOf({ spec }: Route): readonly string[] {
  return (spec.hostnames ?? []) as readonly string[];
}

function tells(route: Route): boolean {
  return rulesOf(route)
    .flatMap(matchesOf)
    .some(({ headers = [], queryParams = [] }) => headers.length + queryParams.length > 0);
}
