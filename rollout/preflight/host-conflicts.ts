import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import { matchesOf } from "../traffic/matches.ts";
import { namesAny, rulesOf } from "../traffic/overlay.ts";
import { parentsNamed } from "../traffic/route-status.ts";

/**
 * Warns of other routes for the same host. Serin's rules keep the precedence within a route. Between routes, the rule with
 * more header matches takes the request, and Serin's rules have one more.
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
  const near = others.filter((other) => own.some((route) => shareHost(route, other) && choosesUsers(other)));
  return near.map(({ metadata: { namespace, name } }) => {
    const what = `route ${namespace}/${name} has the same host and also matches headers or query parameters, so the canary may get its requests`;
    return formatProblem({ what, use: "put both into one route" }, `serin.dev/${key}`);
  });
}

function shareHost(a: Route, b: Route): boolean {
  const [hosts = [], others = []] = [a.spec.hostnames, b.spec.hostnames];
  const open = hosts.length === 0 || others.length === 0;
  const parents = parentsNamed(b);
  const together = parentsNamed(a).some((parent) => parents.includes(parent));
  return together && (open || hosts.some((host) => others.includes(host)));
}

function choosesUsers(route: Route): boolean {
  return rulesOf(route)
    .flatMap(matchesOf)
    .some(({ headers = [], queryParams = [] }) => headers.length + queryParams.length > 0);
}
