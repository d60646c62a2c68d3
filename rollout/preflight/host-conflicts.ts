import { type LeanRoute, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import { namesAny } from "../traffic/overlay.ts";

/**
 * Warns of other routes for the same host. Serin's rules keep the precedence within a route. Between routes, the rule with
 * more header matches takes the request, and Serin's rules have one more.
 */
export function hostConflictCaveats(
  plan: Plan,
  services: readonly Service[],
  routes: readonly LeanRoute[],
  all: readonly LeanRoute[],
): readonly string[] {
  const key = plan.match === undefined ? plan.stickyMs && "sticky" : "match";
  if (!key) return [];
  const own = routes.filter((route) => namesAny(route, services));
  const keys = new Set(own.map(routeKeyOf));
  const near = all.filter(
    (other) =>
      other.choosesUsers && !keys.has(routeKeyOf(other)) && own.some((route) => shareHost(route, other)),
  );
  return near.map(({ metadata: { namespace, name } }) => {
    const what = `route ${namespace}/${name} has the same host and also matches headers or query parameters, so the canary may get its requests`;
    return formatProblem({ what, use: "put both into one route" }, `serin.dev/${key}`);
  });
}

function shareHost(a: LeanRoute, b: LeanRoute): boolean {
  const open = a.hostnames.length === 0 || b.hostnames.length === 0;
  const together = a.parents.some((parent) => b.parents.includes(parent));
  return together && (open || a.hostnames.some((host) => b.hostnames.includes(host)));
}
