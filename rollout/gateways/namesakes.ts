import type { Route } from "../../kube/core/routes.ts";
import { homeOf, isService } from "../traffic/route-record.ts";
import type { Backend } from "./metrics/backend.ts";
import type { Pack } from "./metrics/pack.ts";

/** A backend of a route whose series may have a key that a rollout reads. */
export interface Claim {
  readonly key: string;
  /** The backend's Service, `namespace/name`. */
  readonly service: string;
}

/**
 * Finds the backends of a route whose series may have one of these keys. A gateway that joins names writes the same text for
 * two namespaces, so a key alone does not show whose series it is; only the routes of the cluster do.
 */
export function claimsOn(pack: Pack, keys: Iterable<string>): (route: Route) => readonly Claim[] {
  const { joined } = pack;
  if (joined === undefined) return () => [];
  const byPart = new Map<string, string[]>();
  for (const key of keys) {
    const part = joined.partOf(key);
    byPart.set(part, [...(byPart.get(part) ?? []), key]);
  }
  return (route) => {
    const gateways = gatewaysNamed(route);
    return backendsOf(route).flatMap((backend) =>
      joined
        .partsOf(backend)
        .flatMap((part) => byPart.get(part) ?? [])
        .filter((key) => gateways.some((gateway) => joined.leadsTo(key, backend, gateway)))
        .map((key) => ({ key, service: serviceOf(backend) })),
    );
  };
}

/** The Service of a backend, `namespace/name`. */
export function serviceOf({ namespace, service }: Backend): string {
  return `${namespace}/${service}`;
}

/** Every Service that the route may send requests or copies to. */
function backendsOf(route: Route): readonly Backend[] {
  const { namespace: home, kind: routeKind } = homeOf(route);
  const rules = route.spec.rules ?? [];
  const refs = rules.flatMap(({ backendRefs = [] }) => backendRefs);
  const filters = [...rules, ...refs].flatMap(({ filters = [] }) => filters);
  const copies = filters.flatMap(({ requestMirror }) => (requestMirror ? [requestMirror.backendRef] : []));
  const named = { routeKind, routeNamespace: home, route: route.metadata.name, refs: [], replicaSet: "" };
  return [...refs, ...copies]
    .filter(isService)
    .map(({ namespace = home, name }) => ({ ...named, namespace, service: name }));
}

/** The parents of a route, as `namespace-name`. A route without any has the cluster's default Gateways. */
function gatewaysNamed({ metadata, spec }: Route): readonly string[] {
  const { parentRefs: parents = [] } = spec;
  if (parents.length === 0) return ["default-gateway"];
  return parents.map(({ namespace = metadata.namespace ?? "", name = "" }) => `${namespace}-${name}`);
}
