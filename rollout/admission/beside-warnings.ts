import type { Route } from "../../kube/core/routes.ts";
import { besideWeights, keptSessions, type Ways } from "../traffic/beside.ts";
import { idleRoutes } from "../traffic/idle.ts";
import { namesAny } from "../traffic/overlay.ts";

/**
 * Warns of requests that the weights will not split, and of routes that bring none. Without a route there are no weights, and
 * pods share all requests.
 */
export function besideWarnings(ways: Ways): readonly string[] {
  const routes = ways.routes.filter((route: Route) => namesAny(route, ways.services));
  if (routes.length === 0) return [];
  const beside = besideWeights(ways).map(
    (clause) => `${clause}: no weight splits these requests; they get the stable version until the promotion`,
  );
  const sessions = keptSessions({ ...ways, routes }).map(
    (clause) => `${clause}: the weights hold for new sessions only; the others stay at the stable version`,
  );
  const idle = idleRoutes(ways.services, routes).map(
    (clause) => `${clause}: neither version has requests until the route's owner raises it`,
  );
  return [...beside, ...sessions, ...idle];
}
