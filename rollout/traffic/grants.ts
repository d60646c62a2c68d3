import { keyOf } from "../../kube/core/meta.ts";
import type { ReferenceGrant, Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { canaryServiceName } from "./canary-service.ts";
import { namesAny, servicesNamed } from "./overlay.ts";
import { homeOf } from "./route-record.ts";

const GATEWAY_API = "gateway.networking.k8s.io";

/** Whether a route of another namespace names one of a namespace's Services: then its ReferenceGrants count. */
export function crossesInto(namespace: string, route: Route): boolean {
  return route.metadata.namespace !== namespace && servicesNamed(route, namespace).size > 0;
}

/**
 * The routes through which a namespace's Services may get traffic: its own, and those of others that a ReferenceGrant lets
 * name one of them. Gateways ignore what any other route says of them, and so must we: anybody may write one, and any
 * record on it.
 */
export function permitted(
  namespace: string,
  routes: readonly Route[],
  grants: readonly ReferenceGrant[],
): readonly Route[] {
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

/** One line for admission on routes of other namespaces that name a Service and may not. */
export function ungrantedWarnings(
  services: readonly Service[],
  routes: readonly Route[],
  grants: readonly ReferenceGrant[],
): readonly string[] {
  const namespace = services[0]?.metadata.namespace ?? "";
  const allowed = permitted(namespace, routes, grants);
  const strangers = routes.filter((route) => !allowed.includes(route) && namesAny(route, services));
  const [first] = strangers;
  if (first === undefined) return [];
  const others = strangers.length > 1 ? ` (and ${strangers.length - 1} more)` : "";
  return [
    `no ReferenceGrant of namespace ${namespace} lets ${homeOf(first).kind} ${keyOf(first)}${others} name a Service of ` +
      "these pods: it carries no traffic for them and is left alone",
  ];
}

/**
 * What a route of another namespace is not allowed to name: the Gateway API lets it name a Service only where a
 * ReferenceGrant of the Service's namespace says so, and the twin is another Service. `undefined`: everything is allowed;
 * otherwise one sentence that says what to add where.
 */
export function missingGrant(
  services: readonly Service[],
  routes: readonly Route[],
  grants: readonly ReferenceGrant[],
): string | undefined {
  for (const { metadata } of services) {
    const namespace = metadata.namespace ?? "";
    const strangers = routes.filter(
      (route) => route.metadata.namespace !== namespace && servicesNamed(route, namespace).has(metadata.name),
    );
    for (const route of strangers) {
      const said = refusalOf(route, namespace, metadata.name, grants);
      if (said !== undefined) return said;
    }
  }
  return undefined;
}

function refusalOf(
  route: Route,
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

function admits({ spec }: ReferenceGrant, route: Route): boolean {
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
