import { keyOf, type Meta } from "../../kube/core/meta.ts";
import { type LeanRoute, type ReferenceGrant, type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { canaryServiceName } from "./canary-service.ts";
import { namesAny, servicesNamed } from "./overlay.ts";
import { homeOf, shareOf } from "./route-record.ts";

const GATEWAY_API = "gateway.networking.k8s.io";

/** Whether a route of another namespace names a Service of this namespace, so that its ReferenceGrants decide. */
export function crossesInto(namespace: string, route: Route | LeanRoute): boolean {
  return route.metadata.namespace !== namespace && servicesNamed(route, namespace).size > 0;
}

/** The namespaces whose routes may lead to a Service of this namespace: its own, and those that its grants name. */
export function namespacesInto(namespace: string, grants: readonly ReferenceGrant[]): readonly string[] {
  const named = grants.flatMap(({ spec }) => spec.from).filter(({ group }) => group === GATEWAY_API);
  return [...new Set([namespace, ...named.map((from) => from.namespace)])];
}

/**
 * The routes through which the Services of a namespace may get traffic: its own routes, and routes of other namespaces that
 * a ReferenceGrant lets name one of the Services. Gateways ignore the Services in any other route. Serin must do the same,
 * because anyone can write such a route, with any record on it.
 */
export function permitted<T extends Route | LeanRoute>(
  namespace: string,
  routes: readonly T[],
  grants: readonly ReferenceGrant[],
): readonly T[] {
  const here = grants.filter(({ metadata }) => metadata.namespace === namespace);
  return routes.filter(
    (route) =>
      route.metadata.namespace === namespace ||
      here.some(
        (grant) =>
          admits(grant, route) && [...servicesNamed(route, namespace)].some((name) => covers(grant, name)),
      ),
  );
}

/**
 * The same routes, and those of other namespaces that still have a share of this rollout after their grant was revoked: a
 * grant that comes back would send requests to the canary again. `foreignRoutes` are the keys of the routes to which the rollout's
 * own record says that it gave a share, because a route itself can be forged.
 */
export function permittedOrShared<T extends Route | LeanRoute>(
  { namespace = "", uid = "" }: Meta,
  routes: readonly T[],
  grants: readonly ReferenceGrant[],
  foreignRoutes: readonly string[],
): readonly T[] {
  const allowed = new Set(permitted(namespace, routes, grants));
  return routes.filter(
    (route) => allowed.has(route) || (foreignRoutes.includes(routeKeyOf(route)) && hasShare(route, uid)),
  );
}

function hasShare(route: Route | LeanRoute, uid: string): boolean {
  return "shares" in route
    ? (route as LeanRoute).shares.some((share) => share.uid === uid)
    : shareOf(route as Route, uid) !== undefined;
}

/** One warning about routes of other namespaces that name a Service without a ReferenceGrant. */
export function ungrantedWarnings(
  services: readonly Service[],
  routes: readonly LeanRoute[],
  grants: readonly ReferenceGrant[],
): readonly string[] {
  const namespace = services[0]?.metadata.namespace ?? "";
  const allowed = new Set(permitted(namespace, routes, grants));
  const ungranted = routes.filter((route) => !allowed.has(route) && namesAny(route, services));
  const [first] = ungranted;
  if (first === undefined) return [];
  const others = ungranted.length > 1 ? ` (and ${ungranted.length - 1} more)` : "";
  return [
    `no ReferenceGrant of namespace ${namespace} lets ${homeOf(first).kind} ${keyOf(first)}${others} name a Service of ` +
      "these pods: it carries no traffic for them, and Serin leaves it alone",
  ];
}

/**
 * The ReferenceGrant that is missing, as text with the change to make; `undefined` if none is. The Gateway API lets a route of
 * another namespace name a Service only if a ReferenceGrant of the Service's namespace permits it. The canary Service is
 * another Service and needs a grant of its own.
 */
export function missingGrant(
  services: readonly Service[],
  routes: readonly LeanRoute[],
  grants: readonly ReferenceGrant[],
): string | undefined {
  for (const { metadata } of services) {
    const namespace = metadata.namespace ?? "";
    const ungranted = routes.filter(
      (route) => route.metadata.namespace !== namespace && servicesNamed(route, namespace).has(metadata.name),
    );
    for (const route of ungranted) {
      const refusal = refusalOf(route, namespace, metadata.name, grants);
      if (refusal !== undefined) return refusal;
    }
  }
  return undefined;
}

function refusalOf(
  route: LeanRoute,
  namespace: string,
  service: string,
  grants: readonly ReferenceGrant[],
): string | undefined {
  const here = grants.filter(({ metadata }) => metadata.namespace === namespace);
  const forRoute = here.filter((grant) => admits(grant, route));
  const canaryService = canaryServiceName(service);
  if (forRoute.some((grant) => covers(grant, canaryService))) return undefined;
  const { kind, namespace: home } = homeOf(route);
  const from = `{group: ${GATEWAY_API}, kind: ${kind}, namespace: ${home}}`;
  const allowing = forRoute.find((grant) => covers(grant, service));
  if (allowing === undefined) {
    return (
      `no ReferenceGrant of namespace ${namespace} lets ${kind} ${home}/${route.metadata.name} name Service ${service}, ` +
      `nor Service ${canaryService}, which the canary needs: add one with ${from} in its spec.from and {group: "", kind: Service} ` +
      "in its spec.to"
    );
  }
  return (
    `ReferenceGrant ${namespace}/${allowing.metadata.name} covers Service ${service} only, for ${kind} ` +
    `${home}/${route.metadata.name}: the canary needs Service ${canaryService} too: add {group: "", kind: Service, ` +
    `name: ${canaryService}} to its spec.to, or leave the name out`
  );
}

function admits({ spec }: ReferenceGrant, route: Route | LeanRoute): boolean {
  const { kind, namespace } = homeOf(route);
  return spec.from.some(
    (from) => from.group === GATEWAY_API && from.kind === kind && from.namespace === namespace,
  );
}

function covers({ spec }: ReferenceGrant, service: string): boolean {
  return spec.to.some(
    (to) =>
      to.group === "" && to.kind === "Service" && (to.name === undefined || ["", service].includes(to.name)),
  );
}
